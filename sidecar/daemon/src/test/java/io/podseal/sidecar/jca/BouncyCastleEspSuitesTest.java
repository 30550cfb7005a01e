package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.esp.EspSuitesContract;

final class BouncyCastleEspSuitesTest extends EspSuitesContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
