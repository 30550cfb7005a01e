package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podseal.controller.model.Subject;
import io.podseal.controller.obs.RepeatGuard;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;

/**
 * Writes Events beside the objects they are about; a lost Event is no failure, and the same one is
 * written at most once a minute.
 */
public final class EventRecorder {
  private static final Logger LOG = Logger.getLogger("podseal.events");
  private static final int MAX_MESSAGE = 1024;
  private static final int MAX_NAME = 253 - 17;
  private static final String COMPONENT = "podseal-controller";

  private final KubernetesClient client;
  private final InstantSource clock;
  private final RepeatGuard repeats;

  /** Writes through {@code client}. */
  public EventRecorder(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
  }

  /** An event about an object of ours. */
  public void ours(Subject subject, boolean warning, String reason, String message) {
    record(
        new ObjectReferenceBuilder()
            .withApiVersion("podseal.io/v1alpha1")
            .withKind(subject.kind().kind())
            .withNamespace(subject.namespace())
            .withName(subject.name())
            .withUid(subject.uid())
            .build(),
        warning,
        reason,
        message);
  }

  /** A warning about a Secret. */
  public void secret(String namespace, String name, String reason, String message) {
    record(
        new ObjectReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Secret")
            .withNamespace(namespace)
            .withName(name)
            .build(),
        true,
        reason,
        message);
  }

  /** An event about somebody else's object. */
  public void other(
      String namespace,
      String apiVersion,
      String kind,
      String name,
      String uid,
      boolean warning,
      String reason,
      String message) {
    record(
        new ObjectReferenceBuilder()
            .withApiVersion(apiVersion)
            .withKind(kind)
            .withNamespace(namespace)
            .withName(name)
            .withUid(uid.isEmpty() ? null : uid)
            .build(),
        warning,
        reason,
        message);
  }

  private void record(ObjectReference about, boolean warning, String reason, String message) {
    if (!repeats.due(about.getNamespace() + "/" + about.getName() + " " + reason + " " + message)) {
      return;
    }
    var now = now();
    var name = about.getName();
    name =
        "%s.%016x"
            .formatted(
                name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name,
                ThreadLocalRandom.current().nextLong());
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(about.getNamespace())
            .withName(name)
            .endMetadata()
            .withInvolvedObject(about)
            .withType(warning ? "Warning" : "Normal")
            .withReason(reason)
            .withMessage(
                message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message)
            .withNewSource()
            .withComponent(COMPONENT)
            .endSource()
            .withFirstTimestamp(now)
            .withLastTimestamp(now)
            .withCount(1)
            .build();
    try {
      client.v1().events().inNamespace(about.getNamespace()).resource(event).create();
    } catch (KubernetesClientException e) {
      var line = ApiProblems.describe("create events", e);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
    }
  }

  private String now() {
    return Instant.ofEpochMilli(clock.millis()).truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
