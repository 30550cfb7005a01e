package io.podseal.sidecar.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.podseal.control.v1.ChildMode;
import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.Ppk;
import io.podseal.control.v1.PresharedKey;
import io.podseal.control.v1.Self;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.ChildPolicy.Modes;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.SequenceNumbers;
import io.podseal.protocol.secret.SecretBytes;
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
    return algorithm -> algorithm != broken;
  }

  @Test
  void aProfileThatNamesNothingKnownIsTheDefault() {
    assertThat(offer(WorkingAlgorithms.ALL)).isEqualTo(CryptoOffer.DEFAULT);
    assertThat(offer(WorkingAlgorithms.ALL, "rot13")).isEqualTo(CryptoOffer.DEFAULT);
  }

  @Test
  void thePodsSecretForCrashDetectionReachesItsIkeSas() {
    byte[] secret = new byte[32];
    secret[5] = 7;

    assertThat(
            PolicyValues.options(
                    Self.newBuilder().setCrashSecret(ByteString.copyFrom(secret)).build())
                .qcdSecret())
        .contains(SecretBytes.copyOf(secret));
    assertThat(PolicyValues.options(Self.getDefaultInstance()).qcdSecret()).isEmpty();
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
  void everyOtherListOfAProfileReplacesTheDefault() {
    CryptoOffer offer =
        ProfileNames.offer(
            CryptoProfile.newBuilder()
                .addEncryption("aes256")
                .addIntegrity("sha512")
                .addPrf("prfsha384")
                .addKeyExchange("ecp384")
                .addKeyExchange("modp3072")
                .addAdditionalKeyExchange("mlkem768")
                .addSequenceNumbers("noesn")
                .build());

    assertThat(offer)
        .isEqualTo(
            new CryptoOffer(
                List.of(EncryptionAlgorithm.AES_CBC_256),
                List.of(IntegrityAlgorithm.HMAC_SHA2_512_256),
                List.of(PrfAlgorithm.HMAC_SHA2_384),
                List.of(KeyExchangeMethod.P384, KeyExchangeMethod.MODP_3072),
                List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_768)),
                List.of(SequenceNumbers.SEQUENTIAL_32)));
  }

  @Test
  void aProfileMaySayThatThereIsNoAdditionalKeyExchange() {
    CryptoProfile profile = CryptoProfile.newBuilder().addAdditionalKeyExchange("none").build();

    assertThat(ProfileNames.offer(profile)).isEqualTo(CryptoOffer.DEFAULT.withoutAdditional());
  }

  @Test
  void aKeyExchangeThatWeDoNotKnowIsNotReplacedByAWeakerOne() {
    CryptoProfile profile =
        CryptoProfile.newBuilder().setName("next").addAdditionalKeyExchange("mlkem9000").build();

    assertThatThrownBy(() -> ProfileNames.offer(profile))
        .isInstanceOf(PolicyException.class)
        .hasMessageContaining("next")
        .hasMessageContaining("mlkem9000");
  }

  @Test
  void theModeOfAPeerIsTransportUnlessItSaysOtherwise() {
    assertThat(modes(ChildMode.CHILD_MODE_UNSPECIFIED)).isEqualTo(Modes.TRANSPORT);
    assertThat(modes(ChildMode.CHILD_MODE_TUNNEL)).isEqualTo(Modes.TUNNEL);
    assertThat(modes(ChildMode.CHILD_MODE_TRANSPORT_PREFERRED))
        .isEqualTo(Modes.TRANSPORT_PREFERRED);
    assertThatThrownBy(() ->
            PolicyValues.peer(
                Peer.newBuilder().setIdentity("a.pod").setChildModeValue(99).build(),
                WorkingAlgorithms.ALL))
        .isInstanceOf(PolicyException.class);
  }

  private static Modes modes(ChildMode mode) {
    Peer peer = Peer.newBuilder().setIdentity("a.pod").setChildMode(mode).build();
    return PolicyValues.peer(peer, WorkingAlgorithms.ALL).child().modes();
  }

  @Test
  void aPpkTravelsWithItsKey() {
    Peer peer =
        Peer.newBuilder()
            .setIdentity("a.pod")
            .addAddresses("10.0.0.1")
            .addKeys(
                PresharedKey.newBuilder()
                    .setEpoch(1)
                    .setSecret(ByteString.copyFromUtf8("secret"))
                    .setPpk(
                        Ppk.newBuilder()
                            .setId(ByteString.copyFromUtf8("ppk"))
                            .setSecret(ByteString.copyFromUtf8("quantum"))
                            .setRequired(true)))
            .build();

    assertThat(PolicyValues.peer(peer, WorkingAlgorithms.ALL).keys().getFirst().ppk())
        .hasValueSatisfying(ppk -> {
          assertThat(ppk.required()).isTrue();
          assertThat(ppk.id().toArray()).asString(UTF_8).isEqualTo("ppk");
          assertThat(ppk.secret().use(byte[]::clone)).asString(UTF_8).isEqualTo("quantum");
        });
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
