package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.keymat.KeymatVectorsContract;

final class BouncyCastleKeymatVectorsTest extends KeymatVectorsContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
