package io.podseal.protocol.policy;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * Chooses from one offered proposal (RFC 7296 §3.3.6): one transform of each type, in our order of
 * preference.
 */
final class Selection {
  private final Proposal proposal;
  private final CryptoOffer allowed;
  private final List<Transform> chosen = new ArrayList<>();

  private Selection(Proposal proposal, CryptoOffer allowed) {
    this.proposal = proposal;
    this.allowed = allowed;
  }

  static Optional<Proposals.Selected<IkeSuite>> ike(
      Proposal proposal, CryptoOffer allowed, Bytes spi) {
    Selection s = new Selection(proposal, allowed);
    if (proposal.protocol() != Proposal.IKE
        || proposal.spi().length() != spi.length()
        || !s.hasOnly(Set.of(TransformType.ENCR, TransformType.PRF, TransformType.INTEG))) {
      return Optional.empty();
    }
    return s.cipher()
        .flatMap(cipher ->
            s.pick(TransformType.PRF, allowed.prf(), p -> p.id())
                .flatMap(prf ->
                    s.keyExchanges(Pfs.REQUIRED)
                        .map(ke ->
                            s.selected(
                                new IkeSuite(
                                    cipher.encryption(),
                                    cipher.integrity(),
                                    prf,
                                    ke.first().orElseThrow(),
                                    ke.additional()),
                                spi))));
  }

  static Optional<Proposals.Selected<EspSuite>> esp(
      Proposal proposal, CryptoOffer allowed, Pfs pfs, int inboundSpi) {
    Selection s = new Selection(proposal, allowed);
    if (proposal.protocol() != Proposal.ESP
        || proposal.spi().length() != 4
        || !s.hasOnly(Set.of(TransformType.ENCR, TransformType.INTEG, TransformType.SN))) {
      return Optional.empty();
    }
    return s.cipher()
        .flatMap(cipher ->
            s.keyExchanges(pfs)
                .flatMap(ke ->
                    s.esn()
                        .map(esn ->
                            s.selected(
                                new EspSuite(
                                    cipher.encryption(),
                                    cipher.integrity(),
                                    esn,
                                    ke.first(),
                                    ke.additional()),
                                Bytes.ofInt(inboundSpi)))));
  }

  static Optional<Proposals.Selected<AhSuite>> ah(
      Proposal proposal, CryptoOffer allowed, Pfs pfs, int inboundSpi) {
    Selection s = new Selection(proposal, allowed);
    if (proposal.protocol() != Proposal.AH
        || proposal.spi().length() != 4
        || !s.hasOnly(Set.of(TransformType.INTEG, TransformType.SN))) {
      return Optional.empty();
    }
    return s.pick(TransformType.INTEG, allowed.integrity(), IntegrityAlgorithm::id)
        .flatMap(integrity ->
            s.keyExchanges(pfs)
                .flatMap(ke ->
                    s.esn()
                        .map(esn ->
                            s.selected(
                                new AhSuite(integrity, esn, ke.first(), ke.additional()),
                                Bytes.ofInt(inboundSpi)))));
  }

  private record Cipher(EncryptionAlgorithm encryption, Optional<IntegrityAlgorithm> integrity) {}

  /**
   * @param first empty without perfect forward secrecy
   */
  private record KeyExchanges(
      Optional<KeyExchangeMethod> first, List<KeyExchangeMethod> additional) {}

  private <S> Proposals.Selected<S> selected(S suite, Bytes spi) {
    return new Proposals.Selected<>(
        suite, proposal, new Proposal(proposal.number(), proposal.protocol(), spi, chosen));
  }

  /** RFC 7296 §3.3.6: an unknown transform type makes the whole proposal unacceptable. */
  private boolean hasOnly(Set<TransformType> types) {
    return proposal.transforms().stream()
        .allMatch(t ->
            t.is(TransformType.KE)
                || t.isAdditionalKeyExchange()
                || types.stream().anyMatch(t::is));
  }

  private Optional<Cipher> cipher() {
    List<Transform> offered = proposal.ofType(TransformType.ENCR);
    List<Transform> integrity = proposal.ofType(TransformType.INTEG);
    for (EncryptionAlgorithm algorithm : allowed.encryption()) {
      Transform transform = Proposals.encr(algorithm);
      if (!offered.contains(transform)) {
        continue;
      }
      // RFC 5282 §8, RFC 7634 §4: some peers add INTEG NONE to an AEAD; it is not repeated.
      boolean none =
          integrity.isEmpty()
              || integrity.contains(Transform.of(TransformType.INTEG, Proposals.NONE));
      if (algorithm.isAead() && none) {
        chosen.add(transform);
        return Optional.of(new Cipher(algorithm, Optional.empty()));
      }
      if (!algorithm.isAead()) {
        chosen.add(transform);
        Optional<IntegrityAlgorithm> picked =
            pick(TransformType.INTEG, allowed.integrity(), IntegrityAlgorithm::id);
        if (picked.isPresent()) {
          return Optional.of(new Cipher(algorithm, picked));
        }
        chosen.removeLast();
      }
    }
    return Optional.empty();
  }

  private Optional<Boolean> esn() {
    return pick(TransformType.SN, allowed.sequenceNumbers(), SequenceNumbers::id)
        .map(s -> s == SequenceNumbers.PARTIALLY_TRANSMITTED_64);
  }

  private Optional<KeyExchanges> keyExchanges(Pfs pfs) {
    if (pfs == Pfs.NONE) {
      return Optional.of(new KeyExchanges(Optional.empty(), List.of()));
    }
    for (KeyExchangeMethod method : allowed.keyExchange()) {
      Transform transform = Transform.of(TransformType.KE, method.id());
      List<Transform> transforms = new ArrayList<>(List.of(transform));
      List<KeyExchangeMethod> methods = new ArrayList<>(List.of(method));
      if (proposal.transforms().contains(transform) && addAdditional(1, methods, transforms)) {
        chosen.addAll(transforms);
        return Optional.of(
            new KeyExchanges(Optional.of(method), methods.subList(1, methods.size())));
      }
    }
    return pfs == Pfs.OPTIONAL ? withoutKeyExchange() : Optional.empty();
  }

  /**
   * Chooses ADDKE{@code number} and those after it. No method may be used twice in one SA (RFC 9370
   * §2.2.2), so a choice that leaves a later one without is taken back.
   */
  private boolean addAdditional(
      int number, List<KeyExchangeMethod> methods, List<Transform> transforms) {
    if (number > TransformType.MAX_ADDITIONAL) {
      return true;
    }
    TransformType type = TransformType.additional(number);
    List<Transform> offered = proposal.ofType(type);
    Optional<AdditionalKeyExchange> wanted =
        number <= allowed.additional().size()
            ? Optional.of(allowed.additional().get(number - 1))
            : Optional.empty();
    for (KeyExchangeMethod method : wanted.map(AdditionalKeyExchange::methods).orElse(List.of())) {
      Transform transform = Transform.of(type, method.id());
      if (offered.contains(transform) && !methods.contains(method)) {
        methods.add(method);
        transforms.add(transform);
        if (addAdditional(number + 1, methods, transforms)) {
          return true;
        }
        methods.removeLast();
        transforms.removeLast();
      }
    }
    if (wanted.isPresent() && !wanted.get().optional()) {
      return false;
    }
    Transform none = Transform.of(type, Proposals.NONE);
    if (offered.isEmpty()) {
      return addAdditional(number + 1, methods, transforms);
    }
    if (!offered.contains(none)) {
      return false;
    }
    transforms.add(none);
    if (addAdditional(number + 1, methods, transforms)) {
      return true;
    }
    transforms.removeLast();
    return false;
  }

  /** A child without a key exchange of its own has no additional ones either. */
  private Optional<KeyExchanges> withoutKeyExchange() {
    List<Transform> transforms = new ArrayList<>();
    List<Integer> types =
        proposal.transforms().stream()
            .filter(t -> t.is(TransformType.KE) || t.isAdditionalKeyExchange())
            .map(Transform::type)
            .distinct()
            .toList();
    for (int type : types) {
      Transform none = new Transform(type, Proposals.NONE, Optional.empty(), false);
      if (!proposal.transforms().contains(none)) {
        return Optional.empty();
      }
      transforms.add(none);
    }
    chosen.addAll(transforms);
    return Optional.of(new KeyExchanges(Optional.empty(), List.of()));
  }

  private <T> Optional<T> pick(TransformType type, List<T> preference, ToIntFunction<T> id) {
    List<Transform> offered = proposal.ofType(type);
    Optional<T> picked =
        preference.stream()
            .filter(p -> offered.contains(Transform.of(type, id.applyAsInt(p))))
            .findFirst();
    picked.ifPresent(p -> chosen.add(Transform.of(type, id.applyAsInt(p))));
    return picked;
  }
}
