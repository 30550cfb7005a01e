package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.certs.TrustBundles;
import io.podseal.controller.identity.PodDirectory;
import io.podseal.controller.model.ClusterSnapshot;
import io.podseal.controller.model.NamespaceRecord;
import io.podseal.controller.model.PodRecord;
import io.podseal.controller.model.Subject;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What the controller knows of the cluster, kept by informers as compact records.
 *
 * <p>Safe for use by several threads; the listener is called on the informers' threads.
 */
public final class ClusterCaches implements PodDirectory, AutoCloseable {
  private static final long PAGE = 500;

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
  private final Map<String, PodRecord> pods = new ConcurrentHashMap<>();
  private final Map<String, NamespaceRecord> namespaces = new ConcurrentHashMap<>();
  private final Map<String, String> bundles = new ConcurrentHashMap<>();
  private final Watches watches;
  private final Declarations declarations;
  private final Services services;
  private volatile boolean synced;

  /** Caches that are not started yet. */
  public ClusterCaches(KubernetesClient client, Listener listener, InstantSource clock) {
    this.client = client;
    this.listener = listener;
    this.watches = new Watches(clock);
    this.declarations = new Declarations(listener);
    this.services = new Services(listener);
  }

  /** Starts to list and watch; the result completes when everything was listed once. */
  public CompletableFuture<Void> start() {
    var podInformer =
        client.pods().inAnyNamespace().withLimit(PAGE).runnableInformer(0).removeNamespaceIndex();
    podInformer.itemStore(new CompactStore<>(PodRecords::prune));
    watches.add("pods", podInformer, this::put, this::removePod);
    watches.add(
        "namespaces",
        client.namespaces().withLimit(PAGE).runnableInformer(0),
        this::put,
        (Namespace gone) -> {
          namespaces.remove(gone.getMetadata().getName());
          listener.clusterChanged();
        });
    declarations.watchBy(watches, client);
    services.watchBy(watches, client);
    watches.add(
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
    return watches.start().thenRun(() -> synced = true);
  }

  /** Whether everything was listed once. */
  public boolean synced() {
    return synced;
  }

  /** Says when the view of the cluster is frozen, and when it moves again; one thread calls it. */
  public void complainIfBlind() {
    watches.complainIfBlind();
  }

  /** All that the model needs. */
  public ClusterSnapshot snapshot() {
    return new ClusterSnapshot(
        List.copyOf(pods.values()),
        List.copyOf(namespaces.values()),
        declarations.peerings(),
        declarations.profiles(),
        declarations.grants(),
        declarations.externalPeers(),
        services.services(),
        services.endpointSlices());
  }

  /** UIDs of the peerings that are in force, as their statuses say. */
  Set<String> inForce() {
    return declarations.inForce();
  }

  /** The status that an object of ours has in the API. */
  Optional<Declarations.KnownStatus> status(Subject subject) {
    return declarations.status(subject);
  }

  /** Whether the ConfigMaps of all namespaces that opted in hold exactly {@code pem}. */
  public boolean holdEverywhere(String pem) {
    return namespaces.values().stream()
        .filter(NamespaceRecord::optedIn)
        .allMatch(namespace -> pem.equals(bundles.get(namespace.name())));
  }

  /**
   * Namespaces that opted in, or have pods with a sidecar all the same, and whose ConfigMap does
   * not hold exactly {@code pem}.
   */
  public List<String> namespacesWithout(String pem) {
    return Stream.concat(
            namespaces.values().stream()
                .filter(NamespaceRecord::optedIn)
                .map(NamespaceRecord::name),
            pods.values().stream()
                .filter(pod -> pod.injected() && !pod.finished())
                .map(PodRecord::namespace))
        .distinct()
        .filter(name -> !pem.equals(bundles.get(name)))
        .sorted()
        .toList();
  }

  /** The labels of a namespace, if it is known. */
  public Optional<Map<String, String>> namespaceLabels(String namespace) {
    return Optional.ofNullable(namespaces.get(namespace)).map(NamespaceRecord::labels);
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
    watches.close();
  }

  private void put(Pod pod) {
    var record = PodRecords.of(pod);
    var before = pods.put(record.uid(), record);
    if (record.equals(before)) {
      return;
    }
    if (record.finished()) {
      listener.podGone(record.uid());
    } else if (record.injected() && !bundles.containsKey(record.namespace())) {
      listener.apiObjectsChanged();
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

  private void put(ConfigMap map) {
    var data = map.getData();
    var pem = data == null ? "" : data.getOrDefault(TrustBundles.ENTRY, "");
    if (!pem.equals(bundles.put(map.getMetadata().getNamespace(), pem))) {
      listener.apiObjectsChanged();
    }
  }
}
