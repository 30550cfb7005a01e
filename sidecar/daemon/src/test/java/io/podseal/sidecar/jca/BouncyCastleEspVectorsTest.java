package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.esp.EspVectorsContract;

final class BouncyCastleEspVectorsTest extends EspVectorsContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
