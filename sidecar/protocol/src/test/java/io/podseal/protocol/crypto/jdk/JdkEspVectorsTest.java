package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.esp.EspVectorsContract;

final class JdkEspVectorsTest extends EspVectorsContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
