package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.controller.model.EndpointSliceRecord;
import io.podseal.controller.model.ServiceRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the controller knows of Services and of the pods behind them.
 *
 * <p>Safe for use by several threads.
 */
final class Services {
  private static final long PAGE = 500;
  private static final String SERVICE_NAME = "kubernetes.io/service-name";
  private static final Map<String, Integer> PROTOCOLS = Map.of("TCP", 6, "UDP", 17, "SCTP", 132);

  private final ClusterCaches.Listener listener;
  private final Map<String, ServiceRecord> services = new ConcurrentHashMap<>();
  private final Map<String, EndpointSliceRecord> slices = new ConcurrentHashMap<>();

  Services(ClusterCaches.Listener listener) {
    this.listener = listener;
  }

  void watchBy(Watches watches, KubernetesClient client) {
    var serviceInformer = client.services().inAnyNamespace().withLimit(PAGE).runnableInformer(0);
    serviceInformer.removeNamespaceIndex().itemStore(new CompactStore<>(Services::prune));
    watches.add("services", serviceInformer, this::put, this::remove);
    var sliceInformer =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inAnyNamespace()
            .withLimit(PAGE)
            .runnableInformer(0);
    sliceInformer.removeNamespaceIndex().itemStore(new CompactStore<>(Services::prune));
    watches.add("endpointslices", sliceInformer, this::put, this::remove);
  }

  List<ServiceRecord> services() {
    return List.copyOf(services.values());
  }

  List<EndpointSliceRecord> endpointSlices() {
    return List.copyOf(slices.values());
  }

  private void put(Service service) {
    var record = of(service);
    if (!record.equals(services.put(key(record.namespace(), record.name()), record))) {
      listener.clusterChanged();
    }
  }

  private void remove(Service gone) {
    var meta = gone.getMetadata();
    if (services.remove(key(meta.getNamespace(), meta.getName())) != null) {
      listener.clusterChanged();
    }
  }

  private void put(EndpointSlice slice) {
    var record = of(slice);
    var key = key(record.namespace(), record.name());
    // One of IPv6, or of no Service, leads to nothing that is sealed.
    boolean useful = "IPv4".equals(slice.getAddressType()) && !record.service().isEmpty();
    var before = useful ? slices.put(key, record) : slices.remove(key);
    if (useful ? !record.equals(before) : before != null) {
      listener.clusterChanged();
    }
  }

  private void remove(EndpointSlice gone) {
    var meta = gone.getMetadata();
    if (slices.remove(key(meta.getNamespace(), meta.getName())) != null) {
      listener.clusterChanged();
    }
  }

  private static ServiceRecord of(Service service) {
    var meta = service.getMetadata();
    var spec = service.getSpec();
    var addresses =
        Stream.concat(stream(spec.getClusterIPs()), Stream.ofNullable(spec.getClusterIP()))
            .filter(address -> address.matches("[0-9.]+"))
            .distinct()
            .toList();
    return new ServiceRecord(
        meta.getNamespace(),
        meta.getName(),
        addresses,
        "ClientIP".equals(spec.getSessionAffinity()),
        stream(spec.getPorts())
            .map(port -> port(port.getName(), port.getProtocol(), port.getPort()))
            .filter(Objects::nonNull)
            .toList());
  }

  private static EndpointSliceRecord of(EndpointSlice slice) {
    var meta = slice.getMetadata();
    var labels = meta.getLabels() == null ? Map.<String, String>of() : meta.getLabels();
    return new EndpointSliceRecord(
        meta.getNamespace(),
        meta.getName(),
        labels.getOrDefault(SERVICE_NAME, ""),
        stream(slice.getPorts())
            .map(port -> port(port.getName(), port.getProtocol(), port.getPort()))
            .filter(Objects::nonNull)
            .toList(),
        stream(slice.getEndpoints()).flatMap(Services::endpoints).toList());
  }

  private static Stream<EndpointSliceRecord.Endpoint> endpoints(Endpoint endpoint) {
    var conditions = endpoint.getConditions();
    // What is not said is true, of readiness.
    boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
    boolean draining =
        conditions != null
            && Boolean.TRUE.equals(conditions.getServing())
            && Boolean.TRUE.equals(conditions.getTerminating());
    return stream(endpoint.getAddresses())
        .limit(1)
        .map(address -> new EndpointSliceRecord.Endpoint(address, ready, draining));
  }

  private static ServiceRecord.@Nullable Port port(
      @Nullable String name, @Nullable String protocol, @Nullable Integer port) {
    var number = PROTOCOLS.get(protocol == null ? "TCP" : protocol);
    return number == null || port == null
        ? null
        : new ServiceRecord.Port(name == null ? "" : name, number, port);
  }

  private static Service prune(Service service) {
    var spec = service.getSpec();
    return new ServiceBuilder()
        .withNewMetadata()
        .withUid(service.getMetadata().getUid())
        .withNamespace(service.getMetadata().getNamespace())
        .withName(service.getMetadata().getName())
        .withResourceVersion(service.getMetadata().getResourceVersion())
        .endMetadata()
        .withNewSpec()
        .withClusterIP(spec.getClusterIP())
        .withClusterIPs(spec.getClusterIPs())
        .withSessionAffinity(spec.getSessionAffinity())
        .withPorts(spec.getPorts())
        .endSpec()
        .build();
  }

  private static EndpointSlice prune(EndpointSlice slice) {
    var meta = slice.getMetadata();
    var labels = new HashMap<String, String>();
    if (meta.getLabels() != null && meta.getLabels().containsKey(SERVICE_NAME)) {
      labels.put(SERVICE_NAME, meta.getLabels().get(SERVICE_NAME));
    }
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withUid(meta.getUid())
        .withNamespace(meta.getNamespace())
        .withName(meta.getName())
        .withResourceVersion(meta.getResourceVersion())
        .withLabels(labels)
        .endMetadata()
        .withAddressType(slice.getAddressType())
        .build();
  }

  private static <T> Stream<T> stream(@Nullable List<T> list) {
    return list == null ? Stream.empty() : list.stream();
  }

  private static String key(String namespace, String name) {
    return namespace + "/" + name;
  }
}
