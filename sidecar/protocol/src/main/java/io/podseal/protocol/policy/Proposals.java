package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Builds the proposals we offer and chooses among those a peer offers (RFC 7296 §3.3.6): one
 * transform of each type, our order of preference within the first proposal that fits.
 */
public final class Proposals {
  /** Transform ID of "partially transmitted 64-bit sequence numbers". */
  private static final int ESN = 1;

  /** Transform ID of INTEG NONE, which some peers add to an AEAD proposal (RFC 5282 §8). */
  private static final int INTEG_NONE = 0;

  private Proposals() {}

  /**
   * A choice.
   *
   * @param offered the peer's proposal it was made from; numbers alone do not tell it, because a
   *     peer may use one twice
   * @param answer the proposal that says so on the wire
   */
  public record Selected<S>(S suite, Proposal offered, Proposal answer) {}

  public static Proposal ike(List<EncryptionAlgorithm> encryption) {
    List<Transform> transforms = new ArrayList<>();
    encryption.forEach(e -> transforms.add(encr(e)));
    for (PrfAlgorithm prf : PrfAlgorithm.values()) {
      transforms.add(Transform.of(TransformType.PRF, prf.id()));
    }
    for (KeyExchangeMethod method : KeyExchangeMethod.values()) {
      transforms.add(Transform.of(TransformType.KE, method.id()));
    }
    return new Proposal(1, Proposal.IKE, Bytes.EMPTY, transforms);
  }

  /** What we offer to rekey an IKE SA with; {@code prf} is the old one's. */
  public static Proposal ikeRekey(
      long spi, List<EncryptionAlgorithm> encryption, PrfAlgorithm prf) {
    Proposal offer = ike(encryption);
    List<Transform> transforms =
        offer.transforms().stream()
            .filter(t -> !t.is(TransformType.PRF) || t.id() == prf.id())
            .toList();
    return new Proposal(1, Proposal.IKE, Bytes.ofLong(spi), transforms);
  }

  /** ESN is required: both ends are Podseal. */
  public static Proposal esp(
      int inboundSpi, List<EncryptionAlgorithm> encryption, Optional<KeyExchangeMethod> pfs) {
    List<Transform> transforms = new ArrayList<>();
    encryption.forEach(e -> transforms.add(encr(e)));
    pfs.ifPresent(m -> transforms.add(Transform.of(TransformType.KE, m.id())));
    transforms.add(Transform.of(TransformType.SN, ESN));
    return new Proposal(1, Proposal.ESP, Bytes.ofInt(inboundSpi), transforms);
  }

  /** The first offered IKE proposal that we can answer. */
  public static Optional<Selected<IkeSuite>> selectIke(
      List<Proposal> offered, List<EncryptionAlgorithm> allowed) {
    for (Proposal proposal : offered) {
      if (proposal.protocol() != Proposal.IKE || !onlyTypes(proposal, true)) {
        continue;
      }
      Optional<EncryptionAlgorithm> encryption = encryption(proposal, allowed);
      Optional<PrfAlgorithm> prf =
          pick(proposal, TransformType.PRF, List.of(PrfAlgorithm.values()), PrfAlgorithm::id);
      Optional<KeyExchangeMethod> ke =
          pick(
              proposal,
              TransformType.KE,
              List.of(KeyExchangeMethod.values()),
              KeyExchangeMethod::id);
      if (encryption.isPresent() && prf.isPresent() && ke.isPresent()) {
        IkeSuite suite = new IkeSuite(encryption.get(), prf.get(), ke.get());
        List<Transform> chosen =
            List.of(
                encr(suite.encryption()),
                Transform.of(TransformType.PRF, suite.prf().id()),
                Transform.of(TransformType.KE, suite.keyExchange().id()));
        return Optional.of(
            new Selected<>(
                suite,
                proposal,
                new Proposal(proposal.number(), Proposal.IKE, Bytes.EMPTY, chosen)));
      }
    }
    return Optional.empty();
  }

  /**
   * The first offered ESP proposal that we can answer.
   *
   * @param pfs whether a key exchange is part of this negotiation (CREATE_CHILD_SA); in IKE_AUTH
   *     any KE transform is ignored (RFC 7296 §1.2)
   */
  public static Optional<Selected<EspSuite>> selectEsp(
      List<Proposal> offered, List<EncryptionAlgorithm> allowed, boolean pfs, int inboundSpi) {
    for (Proposal proposal : offered) {
      if (proposal.protocol() != Proposal.ESP
          || proposal.spi().length() != 4
          || !onlyTypes(proposal, false)) {
        continue;
      }
      Optional<EncryptionAlgorithm> encryption = encryption(proposal, allowed);
      boolean esn = proposal.ofType(TransformType.SN).stream().anyMatch(t -> t.id() == ESN);
      Optional<KeyExchangeMethod> ke =
          pfs
              ? pick(
                  proposal,
                  TransformType.KE,
                  List.of(KeyExchangeMethod.values()),
                  KeyExchangeMethod::id)
              : Optional.empty();
      if (encryption.isPresent() && esn && ke.isPresent() == pfs) {
        EspSuite suite = new EspSuite(encryption.get(), true, ke);
        Proposal answer = esp(inboundSpi, List.of(suite.encryption()), ke);
        return Optional.of(
            new Selected<>(
                suite,
                proposal,
                new Proposal(proposal.number(), Proposal.ESP, answer.spi(), answer.transforms())));
      }
    }
    return Optional.empty();
  }

  /**
   * Whether {@code answer} has the form of an answer to {@code offer}: one transform of each type
   * and nothing that was not offered (RFC 7296 §2.7: the initiator MUST check).
   */
  public static boolean answers(Proposal offer, List<Proposal> answer) {
    return answer.size() == 1
        && answer.getFirst().number() == offer.number()
        && answer.getFirst().protocol() == offer.protocol()
        && offer.transforms().containsAll(answer.getFirst().transforms())
        && answer.getFirst().transforms().stream().map(Transform::type).distinct().count()
            == answer.getFirst().transforms().size();
  }

  private static Transform encr(EncryptionAlgorithm algorithm) {
    return Transform.of(TransformType.ENCR, algorithm.id(), algorithm.keyBits());
  }

  /**
   * RFC 7296 §3.3.6: an unknown transform type makes the whole proposal unacceptable, and so does
   * integrity that cannot be left out.
   */
  private static boolean onlyTypes(Proposal proposal, boolean ike) {
    for (Transform t : proposal.transforms()) {
      boolean known =
          t.is(TransformType.ENCR)
              || t.is(TransformType.KE)
              || t.is(TransformType.INTEG)
              || (ike ? t.is(TransformType.PRF) : t.is(TransformType.SN));
      if (!known) {
        return false;
      }
    }
    List<Transform> integrity = proposal.ofType(TransformType.INTEG);
    return integrity.isEmpty() || integrity.stream().anyMatch(t -> t.id() == INTEG_NONE);
  }

  private static Optional<EncryptionAlgorithm> encryption(
      Proposal proposal, List<EncryptionAlgorithm> allowed) {
    List<Transform> offered = proposal.ofType(TransformType.ENCR);
    return allowed.stream().filter(a -> offered.contains(encr(a))).findFirst();
  }

  private static <T> Optional<T> pick(
      Proposal proposal, TransformType type, List<T> preference, Function<T, Integer> id) {
    List<Transform> offered = proposal.ofType(type);
    return preference.stream()
        .filter(p -> offered.contains(Transform.of(type, id.apply(p))))
        .findFirst();
  }
}
