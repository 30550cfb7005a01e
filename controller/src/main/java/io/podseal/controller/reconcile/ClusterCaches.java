package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podseal.controller.certs.TrustBundles;
import io.podseal.controller.identity.PodDirectory;
import io.podseal.controller.model.ClusterSnapshot;
import io.podseal.controller.model.NamespaceRecord;
import io.podseal.controller.model.PeeringRecord;
import io.podseal.controller.model.PodRecord;
import io.podseal.controller.model.ProfileRecord;
import io.podseal.controller.obs.RepeatGuard;
import io.podseal.crds.v1alpha1.CryptoProfile;
import io.podseal.crds.v1alpha1.SecurePeering;
import io.podseal.crds.v1alpha1.SecurePeeringStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What the controller knows of the cluster, kept by informers as compact records.
 *
 * <p>Safe for use by several threads; the listener is called on the informers' threads.
 */
public final class ClusterCaches implements PodDirectory, AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.caches");
  private static final long PAGE = 500;
  private static final Duration BLIND = Duration.ofSeconds(5);

  /** Learns of changes; must not block. */
  public interface Listener {
    /** Something that policies depend on changed. */
    void clusterChanged();

    /** Something that only statuses and ConfigMaps depend on changed. */
    void apiObjectsChanged();

    /** A pod was deleted, Succeeded or Failed. */
    void podGone(String uid);
  }

  private final KubernetesClient client;
  private final Listener listener;
  private final RepeatGuard repeats;
  private final Map<String, PodRecord> pods = new ConcurrentHashMap<>();
  private final Map<String, NamespaceRecord> namespaces = new ConcurrentHashMap<>();
  private final Map<String, PeeringRecord> peerings = new ConcurrentHashMap<>();
  private final Map<String, Optional<SecurePeeringStatus>> statuses = new ConcurrentHashMap<>();
  private final Map<String, ProfileRecord> profiles = new ConcurrentHashMap<>();
  private final Map<String, String> bundles = new ConcurrentHashMap<>();
  private final Map<String, SharedIndexInformer<?>> informers = new LinkedHashMap<>();
  private final InstantSource clock;
  private Instant watchedAllAt;
  private boolean complained;
  private volatile boolean synced;

  /** Caches that are not started yet. */
  public ClusterCaches(KubernetesClient client, Listener listener, InstantSource clock) {
    this.client = client;
    this.listener = listener;
    this.clock = clock;
    this.watchedAllAt = clock.instant();
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
  }

  /** Starts to list and watch; the result completes when everything was listed once. */
  public CompletableFuture<Void> start() {
    var podInformer =
        client.pods().inAnyNamespace().withLimit(PAGE).runnableInformer(0).removeNamespaceIndex();
    podInformer.itemStore(new CompactPodStore());
    watch("pods", podInformer, this::put, this::removePod);
    watch(
        "namespaces",
        client.namespaces().withLimit(PAGE).runnableInformer(0),
        this::put,
        (Namespace gone) -> {
          namespaces.remove(gone.getMetadata().getName());
          listener.clusterChanged();
        });
    watch(
        "securepeerings",
        client.resources(SecurePeering.class).inAnyNamespace().withLimit(PAGE).runnableInformer(0),
        this::put,
        (SecurePeering gone) -> {
          peerings.remove(key(gone));
          statuses.remove(key(gone));
          listener.clusterChanged();
        });
    watch(
        "cryptoprofiles",
        client.resources(CryptoProfile.class).inAnyNamespace().withLimit(PAGE).runnableInformer(0),
        this::put,
        (CryptoProfile gone) -> {
          profiles.remove(key(gone));
          listener.clusterChanged();
        });
    watch(
        "configmaps podseal-ca",
        client
            .configMaps()
            .inAnyNamespace()
            .withField("metadata.name", TrustBundles.NAME)
            .withLimit(PAGE)
            .runnableInformer(0),
        this::put,
        (ConfigMap gone) -> {
          bundles.remove(gone.getMetadata().getNamespace());
          listener.apiObjectsChanged();
        });
    return CompletableFuture.allOf(
            informers.values().stream()
                .map(informer -> informer.start().toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .thenRun(() -> synced = true);
  }

  /** Whether everything was listed once. */
  public boolean synced() {
    return synced;
  }

  /** Says when the view of the cluster is frozen, and when it moves again; one thread calls it. */
  public void complainIfBlind() {
    var blind =
        informers.entrySet().stream()
            .filter(informer -> !informer.getValue().isWatching())
            .map(Map.Entry::getKey)
            .toList();
    var now = clock.instant();
    if (blind.isEmpty()) {
      watchedAllAt = now;
      if (complained) {
        complained = false;
        LOG.info("watching the cluster again");
      }
    } else if (!complained && now.isAfter(watchedAllAt.plus(BLIND))) {
      complained = true;
      LOG.warnf(
          "not watching %s: policies stay as they are; is the API server up?",
          String.join(", ", blind));
    }
  }

  /** All that the model needs. */
  public ClusterSnapshot snapshot() {
    return new ClusterSnapshot(
        List.copyOf(pods.values()),
        List.copyOf(namespaces.values()),
        List.copyOf(peerings.values()),
        List.copyOf(profiles.values()));
  }

  /** The status that a peering has in the API. */
  public Optional<SecurePeeringStatus> status(PeeringRecord peering) {
    return statuses.getOrDefault(peering.key(), Optional.empty());
  }

  /** Opted-in namespaces whose ConfigMap does not hold exactly {@code pem}. */
  public List<String> namespacesWithout(String pem) {
    return namespaces.values().stream()
        .filter(NamespaceRecord::optedIn)
        .map(NamespaceRecord::name)
        .filter(name -> !pem.equals(bundles.get(name)))
        .sorted()
        .toList();
  }

  @Override
  public Optional<PodRecord> cached(String uid) {
    return Optional.ofNullable(pods.get(uid));
  }

  @Override
  public Optional<PodRecord> live(String namespace, String name) {
    return Optional.ofNullable(client.pods().inNamespace(namespace).withName(name).get())
        .map(PodRecords::of);
  }

  @Override
  public void close() {
    informers.values().forEach(SharedIndexInformer::close);
  }

  private void put(Pod pod) {
    var record = PodRecords.of(pod);
    var before = pods.put(record.uid(), record);
    if (record.equals(before)) {
      return;
    }
    if (record.finished()) {
      listener.podGone(record.uid());
    }
    listener.clusterChanged();
  }

  private void removePod(Pod pod) {
    var uid = pod.getMetadata().getUid();
    pods.remove(uid);
    listener.podGone(uid);
    listener.clusterChanged();
  }

  private void put(Namespace namespace) {
    var labels = namespace.getMetadata().getLabels();
    var record =
        new NamespaceRecord(namespace.getMetadata().getName(), labels == null ? Map.of() : labels);
    if (!record.equals(namespaces.put(record.name(), record))) {
      listener.clusterChanged();
      listener.apiObjectsChanged();
    }
  }

  private void put(SecurePeering peering) {
    var meta = peering.getMetadata();
    var record =
        new PeeringRecord(
            meta.getUid(),
            meta.getNamespace(),
            meta.getName(),
            meta.getGeneration() == null ? 0 : meta.getGeneration(),
            instant(meta.getCreationTimestamp()),
            peering.getSpec());
    var status = Optional.ofNullable(peering.getStatus());
    boolean statusChanged = !status.equals(statuses.put(record.key(), status));
    if (!record.equals(peerings.put(record.key(), record))) {
      listener.clusterChanged();
    } else if (statusChanged) {
      listener.apiObjectsChanged();
    }
  }

  private void put(CryptoProfile profile) {
    var meta = profile.getMetadata();
    var record = new ProfileRecord(meta.getNamespace(), meta.getName(), profile.getSpec());
    if (!record.equals(profiles.put(key(profile), record))) {
      listener.clusterChanged();
    }
  }

  private void put(ConfigMap map) {
    var data = map.getData();
    var pem = data == null ? "" : data.getOrDefault(TrustBundles.ENTRY, "");
    if (!pem.equals(bundles.put(map.getMetadata().getNamespace(), pem))) {
      listener.apiObjectsChanged();
    }
  }

  private <T extends HasMetadata> void watch(
      String what, SharedIndexInformer<T> informer, Consumer<T> put, Consumer<T> remove) {
    informer.exceptionHandler((started, problem) -> {
      var line = ApiProblems.describe("list and watch " + what, problem);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
      return true;
    });
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(T object) {
            put.accept(object);
          }

          @Override
          public void onUpdate(T before, T after) {
            // A deletion and a creation of the same name may arrive as one update.
            if (!Objects.equals(before.getMetadata().getUid(), after.getMetadata().getUid())) {
              remove.accept(before);
            }
            put.accept(after);
          }

          @Override
          public void onDelete(T object, boolean finalStateUnknown) {
            remove.accept(object);
          }
        });
    informers.put(what, informer);
  }

  private static String key(HasMetadata object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  private static Instant instant(@Nullable String timestamp) {
    try {
      return timestamp == null ? Instant.EPOCH : Instant.parse(timestamp);
    } catch (DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}
