package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CbcAndMacContract;
import io.podseal.protocol.crypto.CryptoProvider;

final class JdkCbcAndMacTest extends CbcAndMacContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
