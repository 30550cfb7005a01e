package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.keymat.KeymatVariantsContract;

final class JdkKeymatVariantsTest extends KeymatVariantsContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
