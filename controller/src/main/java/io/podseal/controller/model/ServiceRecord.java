package io.podseal.controller.model;

import java.util.List;

/**
 * The part of a Service that decides where its cluster addresses lead.
 *
 * @param addresses its IPv4 cluster addresses; none for a headless one
 * @param sticky whether its session affinity is ClientIP
 */
public record ServiceRecord(
    String namespace, String name, List<String> addresses, boolean sticky, List<Port> ports) {
  /**
   * One port, of a Service or of the endpoints behind it; the two meet by name and protocol.
   *
   * @param name empty where there is only one
   * @param protocol the IANA protocol number
   */
  public record Port(String name, int protocol, int port) {}

  public ServiceRecord {
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
  }
}
