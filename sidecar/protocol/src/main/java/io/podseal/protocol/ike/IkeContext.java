package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.policy.LocalPod;

/** What every IKE SA of a pod shares. */
public record IkeContext(
    CryptoProvider crypto,
    RandomSource random,
    LocalPod self,
    PeerDirectory peers,
    SpiRegistry spis,
    KeyLog keyLog,
    IkeOptions options) {}
