package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podseal.controller.model.ConditionState;
import io.podseal.controller.model.Reasons;
import io.podseal.controller.model.Subject;
import io.podseal.controller.obs.RepeatGuard;
import io.podseal.controller.reconcile.Declarations.KnownStatus;
import io.podseal.crds.v1alpha1.ObjectStatus;
import io.podseal.crds.v1alpha1.PairCounts;
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
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes statuses that changed, by a JSON patch of the status subresource, and Events for the
 * transitions that people wait for.
 *
 * <p>Confined to one thread, but for {@link #takeRetry}.
 */
public final class StatusWriter {
  private static final Logger LOG = Logger.getLogger("podseal.status");

  /** Answers that say nothing about the next object: bad, forbidden, in conflict, invalid. */
  private static final Set<Integer> OF_ONE_OBJECT = Set.of(400, 403, 409, 422);

  /** How long our own write is trusted before the cache is: it shows our write a moment later. */
  private static final Duration CACHE_LAG = Duration.ofSeconds(30);

  /** How long after an answer that concerns one object its status is tried again. */
  private static final Duration RETRY = Duration.ofSeconds(30);

  private record Written(KnownStatus status, Instant at) {}

  private final KubernetesClient client;
  private final EventRecorder events;
  private final InstantSource clock;
  private final RepeatGuard repeats;
  private final Map<String, Written> written = new HashMap<>();
  private final AtomicReference<Instant> retryAt = new AtomicReference<>(Instant.MAX);

  /** Writes through {@code client}. */
  public StatusWriter(KubernetesClient client, EventRecorder events, InstantSource clock) {
    this.client = client;
    this.events = events;
    this.clock = clock;
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
  }

  /** Whether statuses that the API server refused are to be tried again now; true once. */
  public boolean takeRetry() {
    var at = retryAt.get();
    return !clock.instant().isBefore(at) && retryAt.compareAndSet(at, Instant.MAX);
  }

  /** Forgets all objects but these. */
  void retain(Set<String> uids) {
    written.keySet().retainAll(uids);
  }

  /** Writes the status of an object if it is not what it should be. */
  void write(
      Subject subject,
      List<ConditionState> conditions,
      @Nullable PairCounts pairs,
      @Nullable KnownStatus inCache) {
    var last = written.get(subject.uid());
    boolean recent = last != null && clock.instant().isBefore(last.at().plus(CACHE_LAG));
    var current = recent && last != null ? last.status() : inCache;
    if (current != null && same(subject, conditions, pairs, current)) {
      return;
    }
    var wanted = build(subject, conditions, pairs, current);
    // RFC 6902 "add" replaces the whole status: nothing is merged, lists neither.
    var patch =
        Serialization.asJson(
            List.of(Map.of("op", "add", "path", "/status", "value", text(wanted))));
    try {
      client
          .genericKubernetesResources(context(subject.kind()))
          .inNamespace(subject.namespace())
          .withName(subject.name())
          .subresource("status")
          .patch(PatchContext.of(PatchType.JSON), patch);
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return;
      }
      if (!OF_ONE_OBJECT.contains(e.getCode())) {
        throw e;
      }
      // The fault of this one object must not keep the others from being written.
      retryAt.compareAndSet(Instant.MAX, clock.instant().plus(RETRY));
      var line = ApiProblems.describe("write the status of " + subject.key(), e);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
      return;
    }
    written.put(subject.uid(), new Written(wanted, clock.instant()));
    announce(subject, conditions, current);
  }

  private static ResourceDefinitionContext context(Subject.Kind kind) {
    return new ResourceDefinitionContext.Builder()
        .withGroup("podseal.io")
        .withVersion("v1alpha1")
        .withKind(kind.kind())
        .withPlural(kind.plural())
        .withNamespaced(true)
        .build();
  }

  private static Object text(KnownStatus status) {
    return status.pairs() == null
        ? new ObjectStatus(status.observedGeneration(), status.conditions())
        : new SecurePeeringStatus(status.observedGeneration(), status.conditions(), status.pairs());
  }

  private static boolean same(
      Subject subject,
      List<ConditionState> conditions,
      @Nullable PairCounts pairs,
      KnownStatus current) {
    if (!Objects.equals(current.observedGeneration(), subject.generation())
        || !Objects.equals(pairs, current.pairs())
        || current.conditions().size() != conditions.size()) {
      return false;
    }
    return conditions.stream()
        .allMatch(wanted ->
            find(current, wanted.type())
                .filter(found ->
                    wanted.status().equals(found.getStatus())
                        && wanted.reason().equals(found.getReason())
                        && wanted.message().equals(found.getMessage()))
                .isPresent());
  }

  private KnownStatus build(
      Subject subject,
      List<ConditionState> states,
      @Nullable PairCounts pairs,
      @Nullable KnownStatus current) {
    var conditions = states.stream().map(state -> condition(subject, state, current)).toList();
    return new KnownStatus(subject.generation(), conditions, pairs);
  }

  private Condition condition(
      Subject subject, ConditionState state, @Nullable KnownStatus current) {
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
        .withObservedGeneration(subject.generation())
        .withLastTransitionTime(since)
        .build();
  }

  private void announce(
      Subject subject, List<ConditionState> conditions, @Nullable KnownStatus before) {
    for (var state : conditions) {
      var previous = find(before, state.type());
      boolean turned = previous.isEmpty() || !state.status().equals(previous.get().getStatus());
      boolean otherReason =
          previous.isEmpty() || !state.reason().equals(previous.get().getReason());
      boolean good = state.holds();
      if (state.type().equals(Reasons.READY)
          ? turned && (good || previous.isPresent())
          : !good && otherReason && !"Unknown".equals(state.status())) {
        events.ours(subject, !good, state.reason(), state.message());
      }
    }
  }

  private static Optional<Condition> find(@Nullable KnownStatus status, String type) {
    return status == null
        ? Optional.empty()
        : status.conditions().stream()
            .filter(condition -> type.equals(condition.getType()))
            .findFirst();
  }
}
