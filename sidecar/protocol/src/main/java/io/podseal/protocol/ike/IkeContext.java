package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.wire.Bytes;
import java.util.Set;

/**
 * What every IKE SA of a pod shares.
 *
 * @param offeredIkeSpis that rekeys under way have offered: the peer may have such an SA already
 */
public record IkeContext(
    CryptoProvider crypto,
    RandomSource random,
    LocalPod self,
    PeerDirectory peers,
    SpiRegistry spis,
    Set<Long> offeredIkeSpis,
    KeyLog keyLog,
    IkeOptions options) {

  /** An IKE SPI of ours: any value but zero (RFC 7296 §2.6). */
  long randomIkeSpi() {
    while (true) {
      long spi = Bytes.copyOf(random.bytes(8)).s64(0);
      if (spi != 0) {
        return spi;
      }
    }
  }
}
