package io.podseal.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.wire.Bytes;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Offers beyond AES-GCM and X25519: RFC 9370, AH, ciphers without integrity, the rekey of an SA.
 */
class SelectionTest {
  private static final Transform GCM_256 = Transform.of(TransformType.ENCR, 20, 256);
  private static final Transform CHACHA = Transform.of(TransformType.ENCR, 28);
  private static final Transform CHACHA_WITH_LENGTH = Transform.of(TransformType.ENCR, 28, 256);
  private static final Transform CBC_256 = Transform.of(TransformType.ENCR, 12, 256);
  private static final Transform SHA_256_128 = Transform.of(TransformType.INTEG, 12);
  private static final Transform SHA_512_256 = Transform.of(TransformType.INTEG, 14);
  private static final Transform INTEG_NONE = Transform.of(TransformType.INTEG, 0);
  private static final Transform PRF_256 = Transform.of(TransformType.PRF, 5);
  private static final Transform PRF_512 = Transform.of(TransformType.PRF, 7);
  private static final Transform X25519 = Transform.of(TransformType.KE, 31);
  private static final Transform ML_KEM_512 = Transform.of(TransformType.KE, 35);
  private static final Transform KE_NONE = Transform.of(TransformType.KE, 0);
  private static final Transform ESN = Transform.of(TransformType.SN, 1);
  private static final Transform NO_ESN = Transform.of(TransformType.SN, 0);

  private static final CryptoOffer EVERYTHING =
      new CryptoOffer(
          List.of(EncryptionAlgorithm.values()),
          List.of(IntegrityAlgorithm.values()),
          List.of(PrfAlgorithm.values()),
          List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256, KeyExchangeMethod.ML_KEM_512),
          List.of(),
          List.of(SequenceNumbers.PARTIALLY_TRANSMITTED_64, SequenceNumbers.SEQUENTIAL_32));

  private static Transform addke(int number, int id) {
    return Transform.of(TransformType.additional(number), id);
  }

  private static Proposal ike(Transform... transforms) {
    return new Proposal(1, Proposal.IKE, Bytes.EMPTY, List.of(transforms));
  }

  private static Proposal esp(Transform... transforms) {
    return new Proposal(1, Proposal.ESP, Bytes.ofInt(0x1000), List.of(transforms));
  }

  private static Optional<Proposals.Selected<IkeSuite>> select(
      CryptoOffer allowed, Proposal... offered) {
    return Proposals.selectIke(List.of(offered), allowed, Bytes.EMPTY);
  }

  private static Optional<Proposals.Selected<EspSuite>> selectEsp(
      CryptoOffer allowed, Pfs pfs, Proposal... offered) {
    return Proposals.selectEsp(List.of(offered), allowed, pfs, 0x2000);
  }

  @Test
  void aeadsAndOtherCiphersStandInDifferentProposals() {
    List<Proposal> offer = Proposals.ike(EVERYTHING, Bytes.EMPTY);

    assertThat(offer).hasSize(2);
    assertThat(offer.get(0).number()).isEqualTo(1);
    assertThat(offer.get(0).transforms())
        .contains(GCM_256, CHACHA)
        .doesNotContain(CBC_256, SHA_256_128);
    assertThat(offer.get(1).number()).isEqualTo(2);
    assertThat(offer.get(1).transforms())
        .contains(CBC_256, SHA_256_128)
        .doesNotContain(GCM_256, CHACHA, INTEG_NONE);
  }

  @Test
  void theCipherMostWantedDecidesWhichProposalIsFirst() {
    CryptoOffer cbcFirst =
        EVERYTHING.withEncryption(
            List.of(EncryptionAlgorithm.AES_CBC_256, EncryptionAlgorithm.AES_GCM_16_256));

    assertThat(Proposals.esp(cbcFirst, 1, Pfs.NONE).getFirst().transforms()).contains(CBC_256);
    assertThat(selectEsp(cbcFirst, Pfs.NONE, esp(GCM_256, ESN), esp(CBC_256, SHA_256_128, ESN)))
        .as("the peer's order of proposals decides")
        .get()
        .extracting(s -> s.suite().encryption())
        .isEqualTo(EncryptionAlgorithm.AES_GCM_16_256);
  }

  @Test
  void aKeyLengthOnAnAlgorithmThatHasOneLengthLosesThatTransform() {
    assertThat(select(EVERYTHING, ike(CHACHA_WITH_LENGTH, PRF_256, X25519))).isEmpty();
    assertThat(select(EVERYTHING, ike(CHACHA, PRF_256, X25519)))
        .get()
        .extracting(s -> s.suite().encryption())
        .isEqualTo(EncryptionAlgorithm.CHACHA20_POLY1305);
  }

  @Test
  void aCipherWithoutIntegrityOfItsOwnGetsExactlyOneIntegrityAlgorithm() {
    Proposals.Selected<IkeSuite> selected =
        select(EVERYTHING, ike(CBC_256, SHA_512_256, SHA_256_128, PRF_512, X25519)).orElseThrow();

    assertThat(selected.suite())
        .isEqualTo(
            new IkeSuite(
                EncryptionAlgorithm.AES_CBC_256,
                Optional.of(IntegrityAlgorithm.HMAC_SHA2_256_128),
                PrfAlgorithm.HMAC_SHA2_512,
                KeyExchangeMethod.X25519,
                List.of()));
    assertThat(selected.answer().transforms())
        .containsExactly(CBC_256, SHA_256_128, PRF_512, X25519);
  }

  @Test
  void aCipherWithoutIntegrityIsNeverUsedBare() {
    assertThat(select(EVERYTHING, ike(CBC_256, PRF_256, X25519))).isEmpty();
    assertThat(select(EVERYTHING, ike(CBC_256, INTEG_NONE, PRF_256, X25519))).isEmpty();
    assertThat(selectEsp(EVERYTHING, Pfs.NONE, esp(CBC_256, ESN))).isEmpty();
    assertThat(selectEsp(EVERYTHING, Pfs.NONE, esp(CBC_256, INTEG_NONE, ESN))).isEmpty();
  }

  @Test
  void aMixedProposalOfAPeerIsAnsweredWithWhatGoesTogether() {
    assertThat(
            selectEsp(EVERYTHING, Pfs.NONE, esp(GCM_256, CBC_256, SHA_256_128, ESN))
                .orElseThrow()
                .answer()
                .transforms())
        .containsExactly(CBC_256, SHA_256_128, ESN);
  }

  @Test
  void mandatoryMlKemIsOfferedAndAnsweredAsAddke1() {
    List<Proposal> offer = Proposals.ike(CryptoOffer.HYBRID, Bytes.EMPTY);
    assertThat(offer.getFirst().transforms()).contains(addke(1, 36)).doesNotContain(addke(1, 0));

    Proposals.Selected<IkeSuite> selected =
        Proposals.selectIke(offer, CryptoOffer.HYBRID, Bytes.EMPTY).orElseThrow();
    assertThat(selected.suite().additional()).containsExactly(KeyExchangeMethod.ML_KEM_768);
    assertThat(selected.answer().transforms()).contains(addke(1, 36));
    assertThat(Proposals.answers(offer, List.of(selected.answer()))).isTrue();
  }

  @Test
  void aPeerThatDoesNotOfferMandatoryMlKemIsRefused() {
    assertThat(select(CryptoOffer.HYBRID, ike(GCM_256, PRF_256, X25519))).isEmpty();
    assertThat(select(CryptoOffer.HYBRID, ike(GCM_256, PRF_256, X25519, addke(1, 0)))).isEmpty();
    assertThat(select(CryptoOffer.HYBRID, ike(GCM_256, PRF_256, X25519, addke(2, 36)))).isEmpty();
  }

  @Test
  void anAnswerThatLeavesMandatoryMlKemOutIsNotASuite() {
    List<Proposal> offer = Proposals.ike(CryptoOffer.HYBRID, Bytes.EMPTY);
    Proposal stripped = ike(GCM_256, PRF_256, X25519);

    assertThat(Proposals.answers(offer, List.of(stripped))).isTrue();
    assertThat(Proposals.selectIke(List.of(stripped), CryptoOffer.HYBRID, Bytes.EMPTY)).isEmpty();
  }

  @Test
  void anOptionalKeyExchangeIsUsedIfOfferedAndElseAnsweredWithNone() {
    CryptoOffer optional =
        CryptoOffer.CLASSIC.withAdditional(
            List.of(AdditionalKeyExchange.optional(KeyExchangeMethod.ML_KEM_768)));

    assertThat(Proposals.ike(optional, Bytes.EMPTY).getFirst().transforms())
        .contains(addke(1, 36), addke(1, 0));
    assertThat(select(optional, ike(GCM_256, PRF_256, X25519, addke(1, 36), addke(1, 0))))
        .get()
        .extracting(s -> s.suite().additional())
        .isEqualTo(List.of(KeyExchangeMethod.ML_KEM_768));
    Proposals.Selected<IkeSuite> none =
        select(optional, ike(GCM_256, PRF_256, X25519, addke(1, 37), addke(1, 0))).orElseThrow();
    assertThat(none.suite().additional()).isEmpty();
    assertThat(none.answer().transforms()).contains(addke(1, 0));
    assertThat(select(optional, ike(GCM_256, PRF_256, X25519)).orElseThrow().answer().transforms())
        .as("a type that was not offered is not answered")
        .containsExactly(GCM_256, PRF_256, X25519);
  }

  @Test
  void anAdditionalExchangeThatWeDoNotKnowMustBeOptional() {
    assertThat(select(CryptoOffer.CLASSIC, ike(GCM_256, PRF_256, X25519, addke(7, 36)))).isEmpty();
    assertThat(
            select(CryptoOffer.CLASSIC, ike(GCM_256, PRF_256, X25519, addke(7, 36), addke(7, 0))))
        .get()
        .extracting(s -> s.answer().transforms())
        .isEqualTo(List.of(GCM_256, PRF_256, X25519, addke(7, 0)));
  }

  @Test
  void noMethodIsUsedTwiceInOneSa() {
    CryptoOffer twice =
        EVERYTHING
            .withKeyExchange(List.of(KeyExchangeMethod.ML_KEM_512))
            .withAdditional(List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_512)));

    assertThat(select(twice, ike(GCM_256, PRF_256, ML_KEM_512, addke(1, 35)))).isEmpty();
  }

  @Test
  void aChoiceThatLeavesALaterExchangeWithoutIsTakenBack() {
    CryptoOffer two =
        CryptoOffer.CLASSIC.withAdditional(
            List.of(
                AdditionalKeyExchange.required(
                    KeyExchangeMethod.ML_KEM_768, KeyExchangeMethod.ML_KEM_1024),
                AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_768)));

    assertThat(
            select(two, ike(GCM_256, PRF_256, X25519, addke(1, 36), addke(1, 37), addke(2, 36)))
                .orElseThrow()
                .suite()
                .additional())
        .containsExactly(KeyExchangeMethod.ML_KEM_1024, KeyExchangeMethod.ML_KEM_768);
  }

  @Test
  void anAnswerThatUsesAMethodTwiceIsNotASuite() {
    CryptoOffer two =
        CryptoOffer.CLASSIC.withAdditional(
            List.of(
                AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_768),
                AdditionalKeyExchange.optional(
                    KeyExchangeMethod.ML_KEM_768, KeyExchangeMethod.ML_KEM_1024)));
    Proposal answer = ike(GCM_256, PRF_256, X25519, addke(1, 36), addke(2, 36));

    assertThat(Proposals.answers(Proposals.ike(two, Bytes.EMPTY), List.of(answer))).isTrue();
    assertThat(select(two, answer)).isEmpty();
  }

  @Test
  void theFirstChildIgnoresEveryKeyExchange() {
    Proposals.Selected<EspSuite> selected =
        selectEsp(CryptoOffer.HYBRID, Pfs.NONE, esp(GCM_256, X25519, addke(1, 36), ESN))
            .orElseThrow();

    assertThat(selected.suite()).isEqualTo(EspSuite.aead(EncryptionAlgorithm.AES_GCM_16_256, true));
    assertThat(selected.answer().transforms()).containsExactly(GCM_256, ESN);
    assertThat(Proposals.esp(CryptoOffer.HYBRID, 1, Pfs.NONE).getFirst().transforms())
        .allMatch(t -> t.is(TransformType.ENCR) || t.is(TransformType.SN));
  }

  @Test
  void optionalForwardSecrecyTakesAPeerThatHasNone() {
    assertThat(Proposals.esp(EVERYTHING, 1, Pfs.OPTIONAL).getFirst().transforms())
        .contains(X25519, KE_NONE);
    assertThat(selectEsp(EVERYTHING, Pfs.OPTIONAL, esp(GCM_256, X25519, KE_NONE, ESN)))
        .get()
        .extracting(s -> s.suite().keyExchange())
        .isEqualTo(Optional.of(KeyExchangeMethod.X25519));
    assertThat(selectEsp(EVERYTHING, Pfs.OPTIONAL, esp(GCM_256, ESN)))
        .get()
        .extracting(s -> s.suite().keyExchange())
        .isEqualTo(Optional.empty());
    assertThat(
            selectEsp(EVERYTHING, Pfs.OPTIONAL, esp(GCM_256, KE_NONE, ESN)).orElseThrow().answer())
        .extracting(Proposal::transforms)
        .isEqualTo(List.of(GCM_256, KE_NONE, ESN));
    assertThat(
            selectEsp(
                EVERYTHING, Pfs.OPTIONAL, esp(GCM_256, Transform.of(TransformType.KE, 2), ESN)))
        .as("a group that we do not have and that may not be left out")
        .isEmpty();
    assertThat(selectEsp(EVERYTHING, Pfs.REQUIRED, esp(GCM_256, KE_NONE, ESN))).isEmpty();
  }

  @Test
  void sequenceNumbersAreChosenInOurOrder() {
    assertThat(
            selectEsp(EVERYTHING, Pfs.NONE, esp(GCM_256, NO_ESN, ESN)).orElseThrow().suite().esn())
        .isTrue();
    assertThat(selectEsp(EVERYTHING, Pfs.NONE, esp(GCM_256, NO_ESN)).orElseThrow().suite().esn())
        .isFalse();
    CryptoOffer shortFirst =
        EVERYTHING.withSequenceNumbers(
            List.of(SequenceNumbers.SEQUENTIAL_32, SequenceNumbers.PARTIALLY_TRANSMITTED_64));
    assertThat(
            selectEsp(shortFirst, Pfs.NONE, esp(GCM_256, ESN, NO_ESN)).orElseThrow().suite().esn())
        .isFalse();
    assertThat(selectEsp(EVERYTHING, Pfs.NONE, esp(GCM_256, Transform.of(TransformType.SN, 2))))
        .as("unspecified numbers have no replay protection")
        .isEmpty();
  }

  @Test
  void ahIsOfferedAndAnsweredWithIntegrityAlone() {
    List<Proposal> offer = Proposals.ah(EVERYTHING, 0x1000, Pfs.REQUIRED);

    Proposals.Selected<AhSuite> selected =
        Proposals.selectAh(offer, EVERYTHING, Pfs.REQUIRED, 0x2000).orElseThrow();

    assertThat(offer.getFirst().ofType(TransformType.ENCR)).isEmpty();
    assertThat(selected.suite())
        .isEqualTo(
            new AhSuite(
                IntegrityAlgorithm.HMAC_SHA2_256_128,
                true,
                Optional.of(KeyExchangeMethod.X25519),
                List.of()));
    assertThat(selected.answer().protocol()).isEqualTo(Proposal.AH);
    assertThat(selected.answer().spi()).isEqualTo(Bytes.ofInt(0x2000));
    assertThat(Proposals.answers(offer, List.of(selected.answer()))).isTrue();
    assertThat(selected.suite().keymatLength()).isEqualTo(32);
  }

  @Test
  void ahNeedsIntegrityAndTakesNoCipher() {
    Proposal bare = new Proposal(1, Proposal.AH, Bytes.ofInt(0x1000), List.of(INTEG_NONE, ESN));
    Proposal ciphered =
        new Proposal(1, Proposal.AH, Bytes.ofInt(0x1000), List.of(GCM_256, SHA_256_128, ESN));

    Proposal unnumbered = new Proposal(1, Proposal.AH, Bytes.ofInt(0x1000), List.of(SHA_256_128));
    Proposal longSpi =
        new Proposal(1, Proposal.AH, Bytes.ofLong(0x1000), List.of(SHA_256_128, ESN));

    for (Proposal bad : List.of(bare, ciphered, unnumbered, longSpi, esp(SHA_256_128, ESN))) {
      assertThat(Proposals.selectAh(List.of(bad), EVERYTHING, Pfs.NONE, 1)).as("%s", bad).isEmpty();
    }
    Proposal shortNumbers =
        new Proposal(1, Proposal.AH, Bytes.ofInt(0x1000), List.of(SHA_256_128, NO_ESN));
    assertThat(Proposals.selectAh(List.of(shortNumbers), EVERYTHING, Pfs.NONE, 1))
        .get()
        .extracting(s -> s.suite().esn())
        .isEqualTo(false);
    assertThatThrownBy(() -> Proposals.ah(CryptoOffer.CLASSIC, 1, Pfs.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theRekeyOfAnIkeSaCarriesSpisAndKeepsThePrf() {
    CryptoOffer rekey = EVERYTHING.forRekeyOfIke(PrfAlgorithm.HMAC_SHA2_512);
    Bytes ours = Bytes.ofHex("0102030405060708");
    List<Proposal> offer = Proposals.ike(rekey, ours);

    assertThat(offer).allMatch(p -> p.spi().equals(ours));
    assertThat(offer.getFirst().ofType(TransformType.PRF)).containsExactly(PRF_512);
    Bytes theirs = Bytes.ofHex("1112131415161718");
    assertThat(Proposals.selectIke(offer, rekey, theirs).orElseThrow().answer().spi())
        .isEqualTo(theirs);
    assertThat(Proposals.selectIke(List.of(ike(GCM_256, PRF_512, X25519)), rekey, theirs))
        .as("without an SPI")
        .isEmpty();
    Proposal otherPrf = new Proposal(1, Proposal.IKE, ours, List.of(GCM_256, PRF_256, X25519));
    assertThat(Proposals.selectIke(List.of(otherPrf), rekey, theirs)).isEmpty();
  }

  @Test
  void anIkeSaNeedsAKeyExchange() {
    assertThat(select(EVERYTHING, ike(GCM_256, PRF_256))).isEmpty();
    assertThat(select(EVERYTHING, ike(GCM_256, PRF_256, KE_NONE))).isEmpty();
  }

  @Test
  void anAnswerMayNotMixTransformsOfTwoProposals() {
    List<Proposal> offer = Proposals.ike(EVERYTHING, Bytes.EMPTY);
    assertThat(Proposals.answers(offer, List.of(ike(CBC_256, SHA_256_128, PRF_256, X25519))))
        .as("number 1 is the proposal of the AEADs")
        .isFalse();
    Proposal second =
        new Proposal(2, Proposal.IKE, Bytes.EMPTY, List.of(CBC_256, SHA_256_128, PRF_256, X25519));
    assertThat(Proposals.answers(offer, List.of(second))).isTrue();
  }
}
