package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.KeyExchangeContract;

final class JdkKeyExchangeTest extends KeyExchangeContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
