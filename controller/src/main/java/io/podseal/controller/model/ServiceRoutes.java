package io.podseal.controller.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which Services have a pod behind them, and where their addresses lead. A pod must choose the
 * backend itself where one may be a peer: behind the pod nobody can tell any more.
 */
final class ServiceRoutes {
  private record Key(String namespace, String name) {}

  /** Services by the address of each backend, ready or not. */
  private final Map<String, Set<Key>> servicesOf = new HashMap<>();

  private final Map<Key, List<ServiceRoute>> routes = new HashMap<>();

  ServiceRoutes(Collection<ServiceRecord> services, Collection<EndpointSliceRecord> slices) {
    var slicesOf = new HashMap<Key, List<EndpointSliceRecord>>();
    for (var slice : slices) {
      slicesOf
          .computeIfAbsent(new Key(slice.namespace(), slice.service()), key -> new ArrayList<>())
          .add(slice);
    }
    for (var service : services) {
      var key = new Key(service.namespace(), service.name());
      var behind = slicesOf.getOrDefault(key, List.of());
      if (service.addresses().isEmpty() || behind.isEmpty()) {
        continue;
      }
      routes.put(key, routes(service, behind));
      for (var slice : behind) {
        // A pod that is not ready yet counts: it may be before this pod hears of it.
        for (var endpoint : slice.endpoints()) {
          servicesOf.computeIfAbsent(endpoint.address(), address -> new LinkedHashSet<>()).add(key);
        }
      }
    }
  }

  /** The routes of all Services that have one of these addresses behind them, sorted. */
  List<ServiceRoute> towards(Collection<String> addresses) {
    return addresses.stream()
        .flatMap(address -> servicesOf.getOrDefault(address, Set.of()).stream())
        .distinct()
        .flatMap(key -> routes.getOrDefault(key, List.of()).stream())
        .sorted(ServiceRoute.ORDER)
        .toList();
  }

  private static List<ServiceRoute> routes(
      ServiceRecord service, List<EndpointSliceRecord> behind) {
    return service.ports().stream()
        .flatMap(port -> {
          var backends = backends(port, behind);
          return service.addresses().stream()
              .map(address ->
                  new ServiceRoute(
                      address, port.protocol(), port.port(), service.sticky(), backends));
        })
        .toList();
  }

  /** As kube-proxy chooses: the ready ones, or where there are none those that end but serve. */
  private static List<ServiceRoute.Backend> backends(
      ServiceRecord.Port port, List<EndpointSliceRecord> behind) {
    var ready = new ArrayList<ServiceRoute.Backend>();
    var draining = new ArrayList<ServiceRoute.Backend>();
    for (var slice : behind) {
      for (var target : slice.ports()) {
        if (target.name().equals(port.name()) && target.protocol() == port.protocol()) {
          for (var endpoint : slice.endpoints()) {
            var backend = new ServiceRoute.Backend(endpoint.address(), target.port());
            if (endpoint.ready()) {
              ready.add(backend);
            } else if (endpoint.draining()) {
              draining.add(backend);
            }
          }
        }
      }
    }
    return sorted(ready.isEmpty() ? draining.stream() : ready.stream());
  }

  private static List<ServiceRoute.Backend> sorted(Stream<ServiceRoute.Backend> backends) {
    return backends.distinct().sorted(ServiceRoute.Backend.ORDER).toList();
  }
}
