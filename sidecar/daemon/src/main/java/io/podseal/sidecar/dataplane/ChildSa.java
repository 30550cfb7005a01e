package io.podseal.sidecar.dataplane;

import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import java.net.Inet4Address;

/**
 * One pair of ESP SAs in transport mode between two pod addresses.
 *
 * @param peerIdentity the peer's opaque IKE identity
 * @param remote where its UDP-encapsulated ESP goes
 * @param localAddress our pod address: source of what is sealed, destination of what is opened
 * @param peerAddress the pod address bound to the peer's identity
 */
public record ChildSa(
    String peerIdentity,
    ChildSaKeys keys,
    Endpoint remote,
    Inet4Address localAddress,
    Inet4Address peerAddress) {}
