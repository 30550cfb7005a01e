package io.podseal.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CryptoOfferTest {
  private static WorkingAlgorithms allBut(Object... broken) {
    Set<Object> without = Set.of(broken);
    return algorithm -> !without.contains(algorithm);
  }

  @Test
  void modpIsInNoOfferThatDoesNotNameIt() {
    for (CryptoOffer offer : List.of(CryptoOffer.CLASSIC, CryptoOffer.HYBRID)) {
      assertThat(offer.keyExchange()).noneMatch(KeyExchangeMethod::isModp);
    }
  }

  @Test
  void anOfferThatCannotWorkIsRefusedWhenItIsMade() {
    CryptoOffer good = CryptoOffer.CLASSIC;
    List<EncryptionAlgorithm> cbc = List.of(EncryptionAlgorithm.AES_CBC_256);
    assertThatThrownBy(() -> good.withEncryption(cbc)).hasMessageContaining("integrity");
    assertThatThrownBy(() -> good.withEncryption(List.of())).hasMessageContaining("encryption");
    assertThatThrownBy(() -> good.withPrf(List.of())).hasMessageContaining("PRF");
    assertThatThrownBy(() -> good.withKeyExchange(List.of())).hasMessageContaining("key exchange");
    assertThatThrownBy(() -> good.withSequenceNumbers(List.of())).hasMessageContaining("sequence");
    assertThatThrownBy(
            () -> good.withPrf(List.of(PrfAlgorithm.HMAC_SHA2_256, PrfAlgorithm.HMAC_SHA2_256)))
        .hasMessageContaining("twice");
    assertThatThrownBy(() ->
            good.withAdditional(
                Collections.nCopies(
                    8, AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768))))
        .hasMessageContaining("seven");
  }

  @Test
  void whatFailedItsSelfTestIsNotOffered() {
    CryptoOffer offer =
        CryptoOffer.CLASSIC
            .restrictedTo(allBut(EncryptionAlgorithm.AES_GCM_16_256, PrfAlgorithm.HMAC_SHA2_384))
            .orElseThrow();

    assertThat(offer.encryption()).containsExactly(EncryptionAlgorithm.AES_GCM_16_128);
    assertThat(offer.prf()).containsExactly(PrfAlgorithm.HMAC_SHA2_256, PrfAlgorithm.HMAC_SHA2_512);
    assertThat(CryptoOffer.CLASSIC.restrictedTo(WorkingAlgorithms.ALL))
        .contains(CryptoOffer.CLASSIC);
  }

  @Test
  void anOfferOfWhichNothingWorksIsNone() {
    assertThat(CryptoOffer.CLASSIC.restrictedTo(allBut(KeyExchangeMethod.X25519))).isEmpty();
    assertThat(
            CryptoOffer.CLASSIC.restrictedTo(
                allBut(EncryptionAlgorithm.AES_GCM_16_256, EncryptionAlgorithm.AES_GCM_16_128)))
        .isEmpty();
  }

  @Test
  void aMandatoryKeyExchangeThatFailedIsNotSilentlyLeftOut() {
    assertThat(CryptoOffer.HYBRID.restrictedTo(allBut(KeyExchangeMethod.ML_KEM_768))).isEmpty();
    CryptoOffer optional =
        CryptoOffer.CLASSIC.withAdditional(
            List.of(
                AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768),
                AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_1024)));
    assertThat(
            optional
                .restrictedTo(allBut(KeyExchangeMethod.ML_KEM_768))
                .map(CryptoOffer::additional))
        .as("ADDKE2 would become ADDKE1")
        .isEmpty();
  }

  @Test
  void aCipherWhoseEveryIntegrityAlgorithmFailedIsNotOffered() {
    CryptoOffer both =
        CryptoOffer.CLASSIC
            .withIntegrity(List.of(IntegrityAlgorithm.HMAC_SHA2_256_128))
            .withEncryption(
                List.of(EncryptionAlgorithm.AES_CBC_256, EncryptionAlgorithm.AES_GCM_16_256));

    assertThat(both.restrictedTo(allBut(IntegrityAlgorithm.HMAC_SHA2_256_128)))
        .map(CryptoOffer::encryption)
        .contains(List.of(EncryptionAlgorithm.AES_GCM_16_256));
  }
}
