package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.CryptoProviderContract;

final class JdkCryptoProviderTest extends CryptoProviderContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
