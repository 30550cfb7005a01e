package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Objects;

/**
 * Takes all replicas from a Deployment, until that is final or undone. How many there were is
 * remembered at the Deployment, so that an attempt which was killed is undone by the next one.
 *
 * <p>Safe for use by several threads: one may undo what another is about to conclude. Each method
 * throws {@link KubernetesClientException} for what the API server refuses.
 */
final class Standstill {
  static final String REMEMBERED = "podseal.io/replicas";

  private enum Phase {
    BEFORE,
    BEGUN,
    FINAL,
    UNDONE
  }

  private final RollableScalableResource<Deployment> deployment;
  private Phase phase = Phase.BEFORE;
  private int replicas;

  /** Of the Deployment {@code name} in {@code namespace}. */
  Standstill(KubernetesClient client, String namespace, String name) {
    deployment = client.apps().deployments().inNamespace(namespace).withName(name);
  }

  /**
   * Wants no replicas any more.
   *
   * @return false if there is no such Deployment
   * @throws IllegalStateException if it was undone before
   */
  synchronized boolean begin() {
    refuseUndone();
    var found = deployment.get();
    if (found == null) {
      return false;
    }
    replicas = replicas(found);
    phase = Phase.BEGUN;
    scale("\"" + replicas + "\"", 0);
    return true;
  }

  /**
   * Carries {@code last} out, after which nothing is undone any more.
   *
   * @throws IllegalStateException if it was undone before, and {@code last} not carried out
   */
  synchronized void conclude(Runnable last) {
    refuseUndone();
    last.run();
    phase = Phase.FINAL;
  }

  /**
   * Wants the replicas again, unless that was concluded; nothing begins or is concluded afterwards.
   *
   * @return whether there was something to undo
   */
  synchronized boolean undo() {
    boolean begun = phase == Phase.BEGUN;
    if (begun) {
      scale("null", replicas);
    }
    if (phase != Phase.FINAL) {
      phase = Phase.UNDONE;
    }
    return begun;
  }

  private void refuseUndone() {
    if (phase == Phase.UNDONE) {
      throw new IllegalStateException("told to end before the controller had stopped");
    }
  }

  /** At least one: nobody who installs a controller wants none. */
  private static int replicas(Deployment found) {
    int wanted = Objects.requireNonNullElse(found.getSpec().getReplicas(), 1);
    var remembered = found.getMetadata().getAnnotations().get(REMEMBERED);
    if (wanted == 0 && remembered != null && remembered.matches("[0-9]{1,4}")) {
      wanted = Integer.parseInt(remembered);
    }
    return Math.max(1, wanted);
  }

  private void scale(String remembered, int wanted) {
    deployment.patch(
        PatchContext.of(PatchType.JSON_MERGE),
        """
        {"metadata": {"annotations": {"%s": %s}}, "spec": {"replicas": %d}}
        """
            .formatted(REMEMBERED, remembered, wanted));
  }
}
