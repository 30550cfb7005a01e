package io.podseal.controller.model;

import java.util.Comparator;
import java.util.List;

/**
 * Where one port of one cluster address leads.
 *
 * @param protocol the IANA protocol number
 * @param sticky whether one client keeps its backend
 * @param backends ready ones, sorted; none where connections are to be refused
 */
public record ServiceRoute(
    String address, int protocol, int port, boolean sticky, List<Backend> backends) {
  static final Comparator<ServiceRoute> ORDER =
      Comparator.comparing(ServiceRoute::address)
          .thenComparingInt(ServiceRoute::protocol)
          .thenComparingInt(ServiceRoute::port);

  /** Where one backend listens. */
  public record Backend(String address, int port) {
    static final Comparator<Backend> ORDER =
        Comparator.comparing(Backend::address).thenComparingInt(Backend::port);
  }

  public ServiceRoute {
    backends = List.copyOf(backends);
  }
}
