package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.CryptoProviderContract;

final class SidecarCryptoTest extends CryptoProviderContract {
  @Override
  protected CryptoProvider provider() {
    return new SidecarCrypto();
  }
}
