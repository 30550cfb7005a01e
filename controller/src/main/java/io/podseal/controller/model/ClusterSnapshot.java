package io.podseal.controller.model;

import java.util.Collection;

/** All that the peer graph depends on, at one moment. */
public record ClusterSnapshot(
    Collection<PodRecord> pods,
    Collection<NamespaceRecord> namespaces,
    Collection<PeeringRecord> peerings,
    Collection<ProfileRecord> profiles,
    Collection<GrantRecord> grants,
    Collection<ExternalPeerRecord> externalPeers,
    Collection<ServiceRecord> services,
    Collection<EndpointSliceRecord> endpointSlices) {}
