package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.ike.SkCipherSuitesContract;

final class JdkSkCipherSuitesTest extends SkCipherSuitesContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
