package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.keymat.KeymatVectorsContract;

final class JdkKeymatVectorsTest extends KeymatVectorsContract {
  @Override
  protected CryptoProvider provider() {
    return new JdkCryptoProvider();
  }
}
