package io.podseal.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.wire.Bytes;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** RFC 7296 §2.7 and §3.3.6, RFC 5282 §8. */
class ProposalsTest {
  private static final EncryptionAlgorithm GCM_128 = EncryptionAlgorithm.AES_GCM_16_128;
  private static final EncryptionAlgorithm GCM_256 = EncryptionAlgorithm.AES_GCM_16_256;
  private static final CryptoOffer BOTH =
      CryptoOffer.CLASSIC.withEncryption(List.of(GCM_256, GCM_128));

  private static final Transform ENCR_256 = Transform.of(TransformType.ENCR, 20, 256);
  private static final Transform ENCR_128 = Transform.of(TransformType.ENCR, 20, 128);
  private static final Transform ENCR_NO_LENGTH = Transform.of(TransformType.ENCR, 20);
  private static final Transform AES_CBC = Transform.of(TransformType.ENCR, 12, 256);
  private static final Transform UNKNOWN_ENCR = Transform.of(TransformType.ENCR, 999, 256);
  private static final Transform PRF_256 = Transform.of(TransformType.PRF, 5);
  private static final Transform PRF_SHA1 = Transform.of(TransformType.PRF, 2);
  private static final Transform X25519 = Transform.of(TransformType.KE, 31);
  private static final Transform P_256 = Transform.of(TransformType.KE, 19);
  private static final Transform ESN = Transform.of(TransformType.SN, 1);
  private static final Transform NO_ESN = Transform.of(TransformType.SN, 0);
  private static final Transform INTEG_NONE = Transform.of(TransformType.INTEG, 0);
  private static final Transform HMAC_SHA2_256 = Transform.of(TransformType.INTEG, 12);
  private static final Transform ADDKE1 = new Transform(6, 36, Optional.empty(), false);

  private static final int OUR_SPI = 0x0a0b0c0d;

  private static Proposal ike(Transform... transforms) {
    return new Proposal(1, Proposal.IKE, Bytes.EMPTY, List.of(transforms));
  }

  private static Proposal esp(Transform... transforms) {
    return new Proposal(1, Proposal.ESP, Bytes.ofInt(0x1000), List.of(transforms));
  }

  private static Optional<IkeSuite> selectIke(Proposal... offered) {
    return Proposals.selectIke(List.of(offered), BOTH, Bytes.EMPTY).map(Proposals.Selected::suite);
  }

  private static Optional<EspSuite> selectFirstChild(Proposal... offered) {
    return Proposals.selectEsp(List.of(offered), BOTH, Pfs.NONE, OUR_SPI)
        .map(Proposals.Selected::suite);
  }

  private static Optional<EspSuite> selectRekey(Proposal... offered) {
    return Proposals.selectEsp(List.of(offered), BOTH, Pfs.REQUIRED, OUR_SPI)
        .map(Proposals.Selected::suite);
  }

  @Test
  void whatWeOfferIsAnsweredByUsWithOneTransformOfEachType() {
    List<Proposal> offer = Proposals.ike(BOTH, Bytes.EMPTY);
    Proposals.Selected<IkeSuite> ike = Proposals.selectIke(offer, BOTH, Bytes.EMPTY).orElseThrow();
    assertThat(Proposals.answers(offer, List.of(ike.answer()))).isTrue();
    assertThat(ike.answer().transforms()).hasSize(3);

    for (Pfs pfs : Pfs.values()) {
      List<Proposal> child = Proposals.esp(BOTH, 0x1000, pfs);
      Proposals.Selected<EspSuite> esp =
          Proposals.selectEsp(child, BOTH, pfs, OUR_SPI).orElseThrow();
      assertThat(Proposals.answers(child, List.of(esp.answer()))).isTrue();
      assertThat(esp.answer().spi()).isEqualTo(Bytes.ofInt(OUR_SPI));
      assertThat(esp.suite())
          .isEqualTo(
              new EspSuite(
                  GCM_256,
                  Optional.empty(),
                  true,
                  pfs == Pfs.NONE ? Optional.empty() : Optional.of(KeyExchangeMethod.X25519),
                  List.of()));
    }
  }

  @Test
  void ourOrderOfPreferenceDecidesWithinAProposal() {
    assertThat(selectIke(ike(ENCR_128, ENCR_256, PRF_256, X25519)))
        .contains(IkeSuite.aead(GCM_256, PrfAlgorithm.HMAC_SHA2_256, KeyExchangeMethod.X25519));
    assertThat(
            Proposals.selectIke(
                    List.of(ike(ENCR_128, ENCR_256, PRF_256, X25519)),
                    CryptoOffer.CLASSIC.withEncryption(List.of(GCM_128, GCM_256)),
                    Bytes.EMPTY)
                .orElseThrow()
                .suite()
                .encryption())
        .isEqualTo(GCM_128);
  }

  @Test
  void theFirstProposalThatFitsIsAnsweredByItsNumber() {
    Proposal second =
        new Proposal(2, Proposal.IKE, Bytes.EMPTY, List.of(ENCR_128, PRF_256, X25519));
    Proposal third = new Proposal(3, Proposal.IKE, Bytes.EMPTY, List.of(ENCR_256, PRF_256, X25519));
    Proposal answer =
        Proposals.selectIke(
                List.of(ike(AES_CBC, PRF_256, X25519), second, third), BOTH, Bytes.EMPTY)
            .orElseThrow()
            .answer();
    assertThat(answer.number()).isEqualTo(2);
    assertThat(answer.transforms()).containsExactly(ENCR_128, PRF_256, X25519);
  }

  @Test
  void anUnknownTransformTypeMakesTheWholeProposalUnacceptable() {
    assertThat(selectIke(ike(ENCR_256, PRF_256, X25519, ADDKE1))).isEmpty();
    assertThat(selectIke(ike(ENCR_256, PRF_256, X25519, ESN))).isEmpty();
    assertThat(selectRekey(esp(ENCR_256, X25519, ESN, ADDKE1))).isEmpty();
    assertThat(selectFirstChild(esp(ENCR_256, ESN, PRF_256))).isEmpty();
    for (int type : new int[] {13, 241}) {
      assertThat(
              selectIke(
                  ike(ENCR_256, PRF_256, X25519, new Transform(type, 1, Optional.empty(), false))))
          .isEmpty();
      assertThat(
              selectFirstChild(esp(ENCR_256, ESN, new Transform(type, 1, Optional.empty(), false))))
          .isEmpty();
    }
  }

  @Test
  void anUnknownTransformIdOnlyLosesThatTransform() {
    assertThat(selectIke(ike(UNKNOWN_ENCR, ENCR_128, PRF_SHA1, PRF_256, P_256, X25519)))
        .contains(IkeSuite.aead(GCM_128, PrfAlgorithm.HMAC_SHA2_256, KeyExchangeMethod.X25519));
    assertThat(selectFirstChild(esp(UNKNOWN_ENCR, ENCR_256, NO_ESN, ESN))).isPresent();
  }

  @Test
  void anUnknownAttributeOnlyLosesThatTransform() {
    Transform strange = new Transform(1, 20, Optional.of(256), true);
    assertThat(selectIke(ike(strange, PRF_256, X25519))).isEmpty();
    assertThat(selectIke(ike(strange, ENCR_128, PRF_256, X25519)).orElseThrow().encryption())
        .isEqualTo(GCM_128);
  }

  @Test
  void aCipherWithoutItsKeyLengthIsUnacceptable() {
    assertThat(selectIke(ike(ENCR_NO_LENGTH, PRF_256, X25519))).isEmpty();
    assertThat(selectFirstChild(esp(ENCR_NO_LENGTH, ESN))).isEmpty();
  }

  @Test
  void aKeyLengthOnATransformThatHasNoneIsUnacceptable() {
    assertThat(selectIke(ike(ENCR_256, Transform.of(TransformType.PRF, 5, 256), X25519))).isEmpty();
  }

  @Test
  void everyMandatoryTypeMustBeThere() {
    List<Transform> ike = List.of(ENCR_256, PRF_256, X25519);
    for (Transform missing : ike) {
      Transform[] rest = ike.stream().filter(t -> !t.equals(missing)).toArray(Transform[]::new);
      assertThat(selectIke(ike(rest))).as("without %s", missing).isEmpty();
    }
    assertThat(selectFirstChild(esp(ESN))).isEmpty();
    assertThat(selectFirstChild(esp(ENCR_256))).isEmpty();
    assertThat(selectRekey(esp(ENCR_256, ESN))).isEmpty();
    assertThat(selectRekey(esp(ENCR_256, ESN, P_256))).isEmpty();
  }

  @Test
  void extendedSequenceNumbersAreRequired() {
    assertThat(selectFirstChild(esp(ENCR_256, NO_ESN))).isEmpty();
    assertThat(selectFirstChild(esp(ENCR_256, NO_ESN, ESN)).orElseThrow().esn()).isTrue();
  }

  @Test
  void onlyCiphersWithTheirOwnIntegrityAreAccepted() {
    assertThat(selectIke(ike(AES_CBC, HMAC_SHA2_256, PRF_256, X25519))).isEmpty();
    assertThat(selectIke(ike(ENCR_256, HMAC_SHA2_256, PRF_256, X25519))).isEmpty();
    assertThat(selectFirstChild(esp(ENCR_256, HMAC_SHA2_256, ESN))).isEmpty();
  }

  @Test
  void integrityNoneBesideAnAeadIsToleratedAndNotRepeated() {
    Proposals.Selected<IkeSuite> selected =
        Proposals.selectIke(List.of(ike(ENCR_256, INTEG_NONE, PRF_256, X25519)), BOTH, Bytes.EMPTY)
            .orElseThrow();
    assertThat(selected.answer().transforms()).doesNotContain(INTEG_NONE);
    assertThat(selectFirstChild(esp(ENCR_256, INTEG_NONE, ESN))).isPresent();
    assertThat(selectFirstChild(esp(ENCR_256, HMAC_SHA2_256, INTEG_NONE, ESN))).isPresent();
  }

  @Test
  void aKeyExchangeIsIgnoredInTheFirstChild() {
    Proposals.Selected<EspSuite> selected =
        Proposals.selectEsp(List.of(esp(ENCR_256, X25519, P_256, ESN)), BOTH, Pfs.NONE, OUR_SPI)
            .orElseThrow();
    assertThat(selected.suite().keyExchange()).isEmpty();
    assertThat(selected.answer().transforms()).containsExactly(ENCR_256, ESN);
  }

  @Test
  void aProposalOfAnotherProtocolOrSpiSizeIsPassedOver() {
    assertThat(
            selectIke(
                new Proposal(1, Proposal.ESP, Bytes.EMPTY, List.of(ENCR_256, PRF_256, X25519))))
        .isEmpty();
    for (int size : new int[] {0, 3, 5, 8}) {
      Bytes spi = Bytes.copyOf(new byte[size]);
      assertThat(selectFirstChild(new Proposal(1, Proposal.ESP, spi, List.of(ENCR_256, ESN))))
          .as("SPI of %d octets", size)
          .isEmpty();
    }
    assertThat(
            selectFirstChild(new Proposal(1, Proposal.AH, Bytes.ofInt(1), List.of(ENCR_256, ESN))))
        .isEmpty();
  }

  @Test
  void anAnswerMustBeOneProposalWithNothingThatWasNotOffered() {
    List<Proposal> offer =
        Proposals.ike(CryptoOffer.CLASSIC.withEncryption(List.of(GCM_256)), Bytes.EMPTY);
    Proposal good = ike(ENCR_256, PRF_256, X25519);
    assertThat(Proposals.answers(offer, List.of(good))).isTrue();
    assertThat(Proposals.answers(offer, List.of())).isFalse();
    assertThat(Proposals.answers(offer, List.of(good, good))).isFalse();
    assertThat(Proposals.answers(offer, List.of(ike(ENCR_128, PRF_256, X25519)))).isFalse();
    assertThat(Proposals.answers(offer, List.of(ike(ENCR_256, PRF_SHA1, X25519)))).isFalse();
    assertThat(Proposals.answers(offer, List.of(ike(ENCR_256, PRF_256, P_256)))).isFalse();
    Transform[] twoPrfs =
        Stream.concat(good.transforms().stream(), Stream.of(Transform.of(TransformType.PRF, 7)))
            .toArray(Transform[]::new);
    assertThat(Proposals.answers(offer, List.of(ike(twoPrfs)))).isFalse();
    assertThat(
            Proposals.answers(
                offer, List.of(new Proposal(2, Proposal.IKE, Bytes.EMPTY, good.transforms()))))
        .isFalse();
    assertThat(
            Proposals.answers(
                offer, List.of(new Proposal(1, Proposal.ESP, Bytes.EMPTY, good.transforms()))))
        .isFalse();
  }

  @Test
  void anAnswerThatLacksATypeIsNotASuite() {
    List<Proposal> offer = Proposals.ike(BOTH, Bytes.EMPTY);
    for (Transform[] some :
        Arrays.asList(new Transform[] {ENCR_256}, new Transform[] {ENCR_256, PRF_256})) {
      assertThat(Proposals.answers(offer, List.of(ike(some)))).isTrue();
      assertThat(selectIke(ike(some))).isEmpty();
    }
  }

  @Test
  void aNumberUsedTwiceDoesNotConfuseTheProposalsThatBearIt() {
    Proposal other = new Proposal(1, Proposal.AH, Bytes.EMPTY, List.of());
    Proposal fits = esp(ENCR_256, ESN);
    assertThat(
            Proposals.selectEsp(List.of(other, fits), BOTH, Pfs.NONE, OUR_SPI)
                .orElseThrow()
                .offered())
        .isEqualTo(fits);
  }
}
