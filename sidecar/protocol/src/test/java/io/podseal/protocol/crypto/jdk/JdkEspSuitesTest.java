package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.esp.EspSuitesContract;

final class JdkEspSuitesTest extends EspSuitesContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
