package io.podseal.sidecar.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Peer;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import io.podseal.protocol.policy.CryptoOffer;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyValuesTest {
  private static CryptoOffer offer(WorkingAlgorithms working, String... encryption) {
    Peer peer =
        Peer.newBuilder()
            .setIdentity("a.pod")
            .addAddresses("10.0.0.1")
            .setProfile(
                CryptoProfile.newBuilder().setName("strict").addAllEncryption(List.of(encryption)))
            .build();
    return PolicyValues.peer(peer, working).crypto();
  }

  private static WorkingAlgorithms without(EncryptionAlgorithm broken) {
    WorkingAlgorithms all = WorkingAlgorithms.ALL;
    return new WorkingAlgorithms(
        EnumSet.complementOf(EnumSet.of(broken)), all.integrity(), all.prf(), all.keyExchange());
  }

  @Test
  void aProfileThatNamesNothingKnownIsTheDefault() {
    assertThat(offer(WorkingAlgorithms.ALL)).isEqualTo(CryptoOffer.DEFAULT);
    assertThat(offer(WorkingAlgorithms.ALL, "rot13")).isEqualTo(CryptoOffer.DEFAULT);
  }

  @Test
  void ciphersKeepTheOrderOfTheProfile() {
    CryptoOffer offer = offer(WorkingAlgorithms.ALL, "chacha20poly1305", "AES128GCM16");

    assertThat(offer.encryption())
        .containsExactly(EncryptionAlgorithm.CHACHA20_POLY1305, EncryptionAlgorithm.AES_GCM_16_128);
    assertThat(offer.integrity()).isEmpty();
  }

  @Test
  void aCipherWithoutIntegrityBringsIntegrityAlgorithmsIntoTheOffer() {
    assertThat(offer(WorkingAlgorithms.ALL, "aes256").integrity())
        .containsExactly(IntegrityAlgorithm.values());
  }

  @Test
  void whatFailedItsSelfTestIsLeftOutAndAProfileOfWhichNothingWorksIsRefused() {
    WorkingAlgorithms working = without(EncryptionAlgorithm.AES_GCM_16_256);

    assertThat(offer(working).encryption()).containsExactly(EncryptionAlgorithm.AES_GCM_16_128);
    assertThatThrownBy(() -> offer(working, "aes256gcm16"))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("strict")
        .hasMessageContaining("AES_GCM_16_256");
  }
}
