package io.podseal.sidecar.jca;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeContract;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class BouncyCastleKeyExchangeTest extends KeyExchangeContract {
  private final CryptoProvider jdk = new JdkCryptoProvider();
  private final CryptoProvider bouncyCastle = new BouncyCastleProvider();

  @Override
  protected CryptoProvider provider() {
    return bouncyCastle;
  }

  @ParameterizedTest
  @EnumSource
  void theJdkAndBouncyCastleMeetInOneSecretWhoeverBegins(KeyExchangeMethod method) {
    for (int seed = 0; seed < (method.isModp() ? 3 : 20); seed++) {
      meet(method, jdk, bouncyCastle, seed);
      meet(method, bouncyCastle, jdk, seed);
    }
  }

  private static void meet(
      KeyExchangeMethod method, CryptoProvider first, CryptoProvider second, int seed) {
    KeyExchange initiator = first.keyExchange(method, random(seed));
    KeyExchangeResponse responder =
        second.respond(method, random(seed + 1000), initiator.publicValue()).orElseThrow();

    assertThat(initiator.sharedSecret(responder.publicValue().toArray()))
        .as("%s, seed %d", method, seed)
        .contains(responder.sharedSecret());
  }

  @ParameterizedTest
  @EnumSource
  void theJdkAndBouncyCastleMakeTheSameOctetsOfTheSameRandomness(KeyExchangeMethod method) {
    byte[] request = jdk.keyExchange(method, random(1)).publicValue();

    assertThat(bouncyCastle.keyExchange(method, random(1)).publicValue()).isEqualTo(request);
    assertThat(bouncyCastle.respond(method, random(2), request))
        .isPresent()
        .isEqualTo(jdk.respond(method, random(2), request));
  }

  private static RandomSource random(int seed) {
    return new Random(seed)::nextBytes;
  }
}
