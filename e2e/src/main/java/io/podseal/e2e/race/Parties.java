package io.podseal.e2e.race;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.sidecar.jca.SidecarCrypto;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.List;

/** Who takes part: one responder, and initiators by number, each with an address of its own. */
final class Parties {
  /** Where the initiators are; the lab's own addresses are elsewhere. */
  static final String SPOKES = "10.78.0.0/16";

  static final String HUB = "hub.race";
  static final CryptoProvider CRYPTO = new SidecarCrypto();
  static final RandomSource RANDOM = new SecureRandom()::nextBytes;

  private static final int SECRET_LENGTH = 32;

  private Parties() {}

  static LocalPod hub(InetAddress address) {
    return new LocalPod(new Identity(HUB), address);
  }

  static LocalPod spoke(int number) {
    byte[] octets = {10, 78, (byte) (number >> 8), (byte) number};
    try {
      return new LocalPod(
          new Identity("spoke-" + number + ".race"), InetAddress.getByAddress(octets));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns {@code pod} as others declare it: children carry all its traffic, in tunnel mode. */
  static Peer peer(LocalPod pod, Kind kind) {
    return new Peer(
        pod.identity(),
        pod.identity().name(),
        List.of(pod.address()),
        List.of(new PresharedKey(1, SecretBytes.adopt(secret()), true)),
        kind.offer(),
        Lifetimes.DEFAULT,
        ChildPolicy.tunnel(List.of(), List.of()));
  }

  /** Returns the key that everybody shares. */
  static byte[] secret() {
    byte[] octets = new byte[SECRET_LENGTH];
    octets[0] = 1;
    return octets;
  }

  static IkeEndpoint endpoint(LocalPod pod) {
    return new IkeEndpoint(pod, CRYPTO, RANDOM, KeyLog.NONE);
  }
}
