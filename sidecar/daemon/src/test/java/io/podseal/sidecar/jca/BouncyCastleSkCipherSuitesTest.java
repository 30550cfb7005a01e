package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.ike.SkCipherSuitesContract;

final class BouncyCastleSkCipherSuitesTest extends SkCipherSuitesContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
