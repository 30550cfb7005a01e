package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podseal.controller.model.ConditionState;
import io.podseal.controller.model.PeeringRecord;
import io.podseal.controller.model.Reasons;
import io.podseal.controller.model.StatusEvaluator;
import io.podseal.controller.obs.RepeatGuard;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringStatus;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes statuses that changed, by a JSON patch of the status subresource, and Events for the
 * transitions that people wait for.
 *
 * <p>Confined to one thread.
 */
public final class StatusWriter {
  private static final Logger LOG = Logger.getLogger("podseal.status");
  private static final int UNPROCESSABLE = 422;

  /** How long our own write is trusted before the cache is: it shows our write a moment later. */
  private static final Duration CACHE_LAG = Duration.ofSeconds(30);

  private record Written(SecurePeeringStatus status, Instant at) {}

  private final KubernetesClient client;
  private final EventRecorder events;
  private final InstantSource clock;
  private final RepeatGuard repeats;
  private final Map<String, Written> written = new HashMap<>();

  /** Writes through {@code client}. */
  public StatusWriter(KubernetesClient client, EventRecorder events, InstantSource clock) {
    this.client = client;
    this.events = events;
    this.clock = clock;
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
  }

  /** Forgets all peerings but these. */
  void retain(Set<String> uids) {
    written.keySet().retainAll(uids);
  }

  /** Writes the status of a peering if it is not what it should be. */
  void write(
      PeeringRecord peering, StatusEvaluator.Report report, @Nullable SecurePeeringStatus inCache) {
    var last = written.get(peering.uid());
    boolean recent = last != null && clock.instant().isBefore(last.at().plus(CACHE_LAG));
    var current = recent && last != null ? last.status() : inCache;
    if (current != null && same(peering, report, current)) {
      return;
    }
    var wanted = build(peering, report, current);
    // RFC 6902 "add" replaces the whole status: nothing is merged, lists neither.
    var patch =
        Serialization.asJson(List.of(Map.of("op", "add", "path", "/status", "value", wanted)));
    try {
      client
          .resources(SecurePeering.class)
          .inNamespace(peering.namespace())
          .withName(peering.name())
          .subresource("status")
          .patch(PatchContext.of(PatchType.JSON), patch);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return;
      }
      if (e.getCode() != HttpURLConnection.HTTP_BAD_REQUEST && e.getCode() != UNPROCESSABLE) {
        throw e;
      }
      // The fault of this one object must not keep the others from being written.
      var line = ApiProblems.describe("write the status of " + peering.key(), e);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
      return;
    }
    written.put(peering.uid(), new Written(wanted, clock.instant()));
    announce(peering, report, current);
  }

  private static boolean same(
      PeeringRecord peering, StatusEvaluator.Report report, SecurePeeringStatus current) {
    if (!Objects.equals(current.observedGeneration(), peering.generation())
        || !report.pairs().equals(current.pairs())
        || current.conditions() == null
        || current.conditions().size() != report.conditions().size()) {
      return false;
    }
    return report.conditions().stream()
        .allMatch(wanted ->
            find(current, wanted.type())
                .filter(found ->
                    wanted.status().equals(found.getStatus())
                        && wanted.reason().equals(found.getReason())
                        && wanted.message().equals(found.getMessage()))
                .isPresent());
  }

  private SecurePeeringStatus build(
      PeeringRecord peering, StatusEvaluator.Report report, @Nullable SecurePeeringStatus current) {
    var conditions =
        report.conditions().stream().map(state -> condition(peering, state, current)).toList();
    return new SecurePeeringStatus(peering.generation(), conditions, report.pairs());
  }

  private Condition condition(
      PeeringRecord peering, ConditionState state, @Nullable SecurePeeringStatus current) {
    var since =
        find(current, state.type())
            .filter(before -> state.status().equals(before.getStatus()))
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(state.type())
        .withStatus(state.status())
        .withReason(state.reason())
        .withMessage(state.message())
        .withObservedGeneration(peering.generation())
        .withLastTransitionTime(since)
        .build();
  }

  private void announce(
      PeeringRecord peering, StatusEvaluator.Report report, @Nullable SecurePeeringStatus before) {
    for (var state : report.conditions()) {
      var previous = find(before, state.type());
      boolean turned = previous.isEmpty() || !state.status().equals(previous.get().getStatus());
      boolean otherReason =
          previous.isEmpty() || !state.reason().equals(previous.get().getReason());
      boolean good = state.holds();
      if (state.type().equals(Reasons.READY)
          ? turned && (good || previous.isPresent())
          : !good && otherReason && !"Unknown".equals(state.status())) {
        events.peering(peering, !good, state.reason(), state.message());
      }
    }
  }

  private static Optional<Condition> find(@Nullable SecurePeeringStatus status, String type) {
    var conditions = status == null ? null : status.conditions();
    return conditions == null
        ? Optional.empty()
        : conditions.stream().filter(condition -> type.equals(condition.getType())).findFirst();
  }
}
