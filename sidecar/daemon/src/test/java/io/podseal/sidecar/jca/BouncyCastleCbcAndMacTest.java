package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CbcAndMacContract;
import io.podseal.protocol.crypto.CryptoProvider;

final class BouncyCastleCbcAndMacTest extends CbcAndMacContract {
  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }
}
