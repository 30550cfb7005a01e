package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.keymat.KeymatVariantsContract;

final class BouncyCastleKeymatVariantsTest extends KeymatVariantsContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
