package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Builds the proposals we offer (RFC 7296 §3.3) and judges the form of answers. AEADs and other
 * ciphers stand in different proposals, and an AEAD has no INTEG transform beside it (RFC 5282 §8).
 */
public final class Proposals {
  /** Transform ID of NONE in the types INTEG, KE and ADDKE. */
  static final int NONE = 0;

  private Proposals() {}

  /**
   * A choice.
   *
   * @param offered the peer's proposal it was made from; numbers alone do not tell it, because a
   *     peer may use one twice
   * @param answer the proposal that says so on the wire
   */
  public record Selected<S>(S suite, Proposal offered, Proposal answer) {}

  /**
   * Proposals for an IKE SA.
   *
   * @param spi empty in IKE_SA_INIT, our new SPI of 8 octets when an IKE SA is rekeyed
   */
  public static List<Proposal> ike(CryptoOffer offer, Bytes spi) {
    List<Proposal> proposals = new ArrayList<>();
    for (List<Transform> ciphers : ciphers(offer)) {
      List<Transform> transforms = new ArrayList<>(ciphers);
      offer.prf().forEach(p -> transforms.add(Transform.of(TransformType.PRF, p.id())));
      offer.keyExchange().forEach(m -> transforms.add(Transform.of(TransformType.KE, m.id())));
      transforms.addAll(additional(offer));
      proposals.add(new Proposal(proposals.size() + 1, Proposal.IKE, spi, transforms));
    }
    return proposals;
  }

  /** Proposals for a child SA. */
  public static List<Proposal> child(
      SecurityProtocol protocol, CryptoOffer offer, int inboundSpi, Pfs pfs) {
    return switch (protocol) {
      case ESP -> esp(offer, inboundSpi, pfs);
      case AH -> ah(offer, inboundSpi, pfs);
    };
  }

  /** Proposals for an ESP SA. */
  public static List<Proposal> esp(CryptoOffer offer, int inboundSpi, Pfs pfs) {
    List<Proposal> proposals = new ArrayList<>();
    for (List<Transform> ciphers : ciphers(offer)) {
      List<Transform> transforms = new ArrayList<>(ciphers);
      transforms.addAll(childTransforms(offer, pfs));
      proposals.add(
          new Proposal(proposals.size() + 1, Proposal.ESP, Bytes.ofInt(inboundSpi), transforms));
    }
    return proposals;
  }

  /** Proposals for an AH SA. */
  public static List<Proposal> ah(CryptoOffer offer, int inboundSpi, Pfs pfs) {
    if (offer.integrity().isEmpty()) {
      throw new IllegalArgumentException("AH needs an integrity algorithm");
    }
    List<Transform> transforms = new ArrayList<>(integrity(offer));
    transforms.addAll(childTransforms(offer, pfs));
    return List.of(new Proposal(1, Proposal.AH, Bytes.ofInt(inboundSpi), transforms));
  }

  /**
   * The first offered IKE proposal that we can answer.
   *
   * @param spi what the answer carries: empty in IKE_SA_INIT, our new SPI of 8 octets when an IKE
   *     SA is rekeyed; the peer's must be as long
   */
  public static Optional<Selected<IkeSuite>> selectIke(
      List<Proposal> offered, CryptoOffer allowed, Bytes spi) {
    return offered.stream().flatMap(p -> Selection.ike(p, allowed, spi).stream()).findFirst();
  }

  /** The first offered proposal for a child SA that we can answer. */
  public static Optional<Selected<? extends ChildSuite>> selectChild(
      SecurityProtocol protocol,
      List<Proposal> offered,
      CryptoOffer allowed,
      Pfs pfs,
      int inboundSpi) {
    return switch (protocol) {
      case ESP -> selectEsp(offered, allowed, pfs, inboundSpi).map(s -> s);
      case AH -> selectAh(offered, allowed, pfs, inboundSpi).map(s -> s);
    };
  }

  /** The first offered ESP proposal that we can answer. */
  public static Optional<Selected<EspSuite>> selectEsp(
      List<Proposal> offered, CryptoOffer allowed, Pfs pfs, int inboundSpi) {
    return offered.stream()
        .flatMap(p -> Selection.esp(p, allowed, pfs, inboundSpi).stream())
        .findFirst();
  }

  /** The first offered AH proposal that we can answer. */
  public static Optional<Selected<AhSuite>> selectAh(
      List<Proposal> offered, CryptoOffer allowed, Pfs pfs, int inboundSpi) {
    return offered.stream()
        .flatMap(p -> Selection.ah(p, allowed, pfs, inboundSpi).stream())
        .findFirst();
  }

  /**
   * Whether {@code answer} has the form of an answer to {@code offer}: one proposal, made from the
   * one of its number, with one transform of each type and nothing that was not offered (RFC 7296
   * §2.7: the initiator MUST check). Whether it is complete, choosing from it says.
   */
  public static boolean answers(List<Proposal> offer, List<Proposal> answer) {
    if (answer.size() != 1) {
      return false;
    }
    Proposal given = answer.getFirst();
    long types = given.transforms().stream().map(Transform::type).distinct().count();
    return types == given.transforms().size()
        && offer.stream()
            .anyMatch(o ->
                o.number() == given.number()
                    && o.protocol() == given.protocol()
                    && o.transforms().containsAll(given.transforms()));
  }

  static Transform encr(EncryptionAlgorithm algorithm) {
    return algorithm.hasKeyLengthAttribute()
        ? Transform.of(TransformType.ENCR, algorithm.id(), algorithm.keyBits())
        : Transform.of(TransformType.ENCR, algorithm.id());
  }

  /** ENCR and INTEG transforms of each proposal; the cipher most wanted decides which is first. */
  private static List<List<Transform>> ciphers(CryptoOffer offer) {
    List<Transform> combined = new ArrayList<>();
    List<Transform> separate = new ArrayList<>();
    for (EncryptionAlgorithm algorithm : offer.encryption()) {
      (algorithm.isAead() ? combined : separate).add(encr(algorithm));
    }
    if (!separate.isEmpty()) {
      separate.addAll(integrity(offer));
    }
    List<List<Transform>> both =
        offer.encryption().isEmpty() || offer.encryption().getFirst().isAead()
            ? List.of(combined, separate)
            : List.of(separate, combined);
    return both.stream().filter(t -> !t.isEmpty()).toList();
  }

  private static List<Transform> integrity(CryptoOffer offer) {
    return offer.integrity().stream()
        .map(IntegrityAlgorithm::id)
        .map(id -> Transform.of(TransformType.INTEG, id))
        .toList();
  }

  private static List<Transform> childTransforms(CryptoOffer offer, Pfs pfs) {
    List<Transform> transforms = new ArrayList<>();
    if (pfs != Pfs.NONE) {
      offer.keyExchange().forEach(m -> transforms.add(Transform.of(TransformType.KE, m.id())));
      if (pfs == Pfs.OPTIONAL) {
        transforms.add(Transform.of(TransformType.KE, NONE));
      }
      transforms.addAll(additional(offer));
    }
    offer.sequenceNumbers().forEach(s -> transforms.add(Transform.of(TransformType.SN, s.id())));
    return transforms;
  }

  private static List<Transform> additional(CryptoOffer offer) {
    List<Transform> transforms = new ArrayList<>();
    for (int n = 1; n <= offer.additional().size(); n++) {
      TransformType type = TransformType.additional(n);
      AdditionalKeyExchange wanted = offer.additional().get(n - 1);
      for (KeyExchangeMethod method : wanted.methods()) {
        transforms.add(Transform.of(type, method.id()));
      }
      if (wanted.optional()) {
        // RFC 9370 §2.2.1: NONE says that the exchange may be left out.
        transforms.add(Transform.of(type, NONE));
      }
    }
    return transforms;
  }
}
