package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.model.ExternalPeerRecord;
import io.podseal.controller.model.GrantRecord;
import io.podseal.controller.model.PeeringRecord;
import io.podseal.controller.model.ProfileRecord;
import io.podseal.controller.model.Reasons;
import io.podseal.controller.model.StatusEvaluator;
import io.podseal.controller.model.Subject;
import io.podseal.crds.v1alpha1.CryptoProfile;
import io.podseal.crds.v1alpha1.ExternalPeer;
import io.podseal.crds.v1alpha1.ObjectStatus;
import io.podseal.crds.v1alpha1.PairCounts;
import io.podseal.crds.v1alpha1.PeeringGrant;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The objects of podseal.io and their statuses, apart from each other. Thread-safe. */
final class Declarations {
  private static final long PAGE = 500;

  /** A status as the API has it, whatever kind it is of. */
  record KnownStatus(
      @Nullable Long observedGeneration, List<Condition> conditions, @Nullable PairCounts pairs) {
    /** Whether it was accepted, or pairs pods although it was not. */
    boolean isInForce() {
      return (pairs != null && pairs.desired() > 0)
          || conditions.stream()
              .anyMatch(c -> Reasons.ACCEPTED.equals(c.getType()) && "True".equals(c.getStatus()));
    }

    /** Whether this counts more keyed or active pairs than {@code report}. */
    boolean isAhead(StatusEvaluator.Report report) {
      return pairs != null
          && (pairs.keyed() > report.pairs().keyed() || pairs.active() > report.pairs().active());
    }
  }

  private final ClusterCaches.Listener listener;
  private final Map<String, PeeringRecord> peerings = new ConcurrentHashMap<>();
  private final Map<String, ProfileRecord> profiles = new ConcurrentHashMap<>();
  private final Map<String, GrantRecord> grants = new ConcurrentHashMap<>();
  private final Map<String, ExternalPeerRecord> externalPeers = new ConcurrentHashMap<>();
  private final Map<String, Optional<KnownStatus>> statuses = new ConcurrentHashMap<>();

  Declarations(ClusterCaches.Listener listener) {
    this.listener = listener;
  }

  void watchBy(Watches watches, KubernetesClient client) {
    watch(
        watches,
        client,
        SecurePeering.class,
        Subject.Kind.SECURE_PEERING,
        peerings,
        (subject, peering) ->
            new PeeringRecord(
                subject.uid(),
                subject.namespace(),
                subject.name(),
                subject.generation(),
                Timestamps.instant(peering.getMetadata().getCreationTimestamp()),
                peering.getSpec()));
    watch(
        watches,
        client,
        CryptoProfile.class,
        Subject.Kind.CRYPTO_PROFILE,
        profiles,
        (subject, profile) -> new ProfileRecord(subject, profile.getSpec()));
    watch(
        watches,
        client,
        PeeringGrant.class,
        Subject.Kind.PEERING_GRANT,
        grants,
        (subject, grant) -> new GrantRecord(subject, grant.getSpec()));
    watch(
        watches,
        client,
        ExternalPeer.class,
        Subject.Kind.EXTERNAL_PEER,
        externalPeers,
        (subject, peer) -> new ExternalPeerRecord(subject, peer.getSpec()));
  }

  List<PeeringRecord> peerings() {
    return List.copyOf(peerings.values());
  }

  List<ProfileRecord> profiles() {
    return List.copyOf(profiles.values());
  }

  List<GrantRecord> grants() {
    return List.copyOf(grants.values());
  }

  List<ExternalPeerRecord> externalPeers() {
    return List.copyOf(externalPeers.values());
  }

  /** The status that the object has in the API. */
  Optional<KnownStatus> status(Subject subject) {
    return statuses.getOrDefault(subject.key(), Optional.empty());
  }

  /** UIDs of the peerings that are in force, as their statuses say. */
  Set<String> inForce() {
    return peerings.values().stream()
        .map(PeeringRecord::subject)
        .filter(subject -> status(subject).filter(KnownStatus::isInForce).isPresent())
        .map(Subject::uid)
        .collect(Collectors.toUnmodifiableSet());
  }

  private <T extends CustomResource<?, ?>, R> void watch(
      Watches watches,
      KubernetesClient client,
      Class<T> type,
      Subject.Kind kind,
      Map<String, R> records,
      BiFunction<Subject, T, R> compact) {
    watches.add(
        kind.plural(),
        client.resources(type).inAnyNamespace().withLimit(PAGE).runnableInformer(0),
        object -> {
          var subject = subject(kind, object);
          var status = Optional.ofNullable(object.getStatus()).map(Declarations::known);
          var record = compact.apply(subject, object);
          boolean statusChanged = !status.equals(statuses.put(subject.key(), status));
          if (!record.equals(records.put(subject.key(), record))) {
            listener.clusterChanged();
          } else if (statusChanged) {
            listener.apiObjectsChanged();
          }
        },
        gone -> {
          var key = subject(kind, gone).key();
          records.remove(key);
          statuses.remove(key);
          listener.clusterChanged();
        });
  }

  private static Subject subject(Subject.Kind kind, CustomResource<?, ?> object) {
    var meta = object.getMetadata();
    return new Subject(
        kind,
        meta.getUid(),
        meta.getNamespace(),
        meta.getName(),
        meta.getGeneration() == null ? 0 : meta.getGeneration());
  }

  private static KnownStatus known(Object status) {
    return switch (status) {
      case SecurePeeringStatus s ->
          new KnownStatus(s.observedGeneration(), orNone(s.conditions()), s.pairs());
      case ObjectStatus s -> new KnownStatus(s.observedGeneration(), orNone(s.conditions()), null);
      default -> throw new IllegalArgumentException("no status: " + status.getClass());
    };
  }

  private static List<Condition> orNone(@Nullable List<Condition> conditions) {
    return conditions == null ? List.of() : conditions;
  }
}
