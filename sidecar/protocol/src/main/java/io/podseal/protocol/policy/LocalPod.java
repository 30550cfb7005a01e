package io.podseal.protocol.policy;

import java.net.InetAddress;

/** Who this pod is: its IKE identity and the address its traffic carries. */
public record LocalPod(Identity identity, InetAddress address) {}
