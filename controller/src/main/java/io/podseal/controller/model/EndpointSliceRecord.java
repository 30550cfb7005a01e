package io.podseal.controller.model;

import java.util.List;

/**
 * The part of an EndpointSlice that says who is behind a Service.
 *
 * @param service its name, in the same namespace
 */
public record EndpointSliceRecord(
    String namespace,
    String name,
    String service,
    List<ServiceRecord.Port> ports,
    List<Endpoint> endpoints) {
  /**
   * One backend.
   *
   * @param draining ends, but still serves: used where no other is ready
   */
  public record Endpoint(String address, boolean ready, boolean draining) {}

  public EndpointSliceRecord {
    ports = List.copyOf(ports);
    endpoints = List.copyOf(endpoints);
  }
}
