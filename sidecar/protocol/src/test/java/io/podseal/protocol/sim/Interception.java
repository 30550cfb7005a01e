package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.keymat.PskAuth;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.AdditionalKeyExchange;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A handshake of a with b whose IKE_AUTH or IKE_INTERMEDIATE request, or answer, is stopped, so
 * that a test may write another one with the same keys.
 */
final class Interception {
  private static final String PSK = "k";

  /** An additional key exchange in messages that are short enough to go unfragmented. */
  private static final CryptoOffer WITH_INTERMEDIATE =
      CryptoOffer.CLASSIC.withAdditional(
          List.of(AdditionalKeyExchange.required(KeyExchangeMethod.ML_KEM_512)));

  final World world = new World(1);
  final Host a = world.host("a.shop.pods.test", "10.0.0.1", 1);
  final Host b = world.host("b.shop.pods.test", "10.0.0.2", 2);
  private final boolean response;
  private final ExchangeType exchange;
  private final World.Sent stopped;
  private final Keys.IkeSaKeys keys;

  private Interception(ExchangeType exchange, boolean response) {
    this.exchange = exchange;
    this.response = response;
    if (exchange == ExchangeType.IKE_INTERMEDIATE) {
      a.offer = WITH_INTERMEDIATE;
      b.offer = WITH_INTERMEDIATE;
    }
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, PSK));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, PSK));
    world.state.forged();
    world.record();
    world.block(p -> p instanceof World.Ike m && m.is(exchange, response));
    a.send(b, 1);
    world.run(Duration.ofMillis(20));
    stopped = sent(response ? b : a, exchange, response);
    // Whoever has answered IKE_INTERMEDIATE goes on with other keys.
    keys = a.keys.last();
  }

  static Interception of(ExchangeType exchange, boolean response) {
    return new Interception(exchange, response);
  }

  static Interception ofRequest() {
    return of(ExchangeType.IKE_AUTH, false);
  }

  static Interception ofResponse() {
    return of(ExchangeType.IKE_AUTH, true);
  }

  /** Whether the victim waits for just this. */
  boolean isAwaited(ExchangeType other, boolean isResponse, int messageId) {
    return other == exchange && isResponse == response && messageId == messageId();
  }

  int messageId() {
    return Forge.value(MessageDecoder.decode(stopped.ike())).header().messageId();
  }

  World.Sent sent(Host from, ExchangeType exchange, boolean isResponse) {
    return world.sent.stream()
        .filter(s -> s.is(from, exchange, isResponse))
        .findFirst()
        .orElseThrow();
  }

  Keys.IkeSaKeys keys() {
    return keys;
  }

  /** What the stopped message holds. */
  List<Payload> payloads() {
    return Forge.open(keys().copy(), stopped.ike()).payloads();
  }

  /** The host that waits for the stopped message. */
  Host victim() {
    return response ? a : b;
  }

  /** Delivers another message in the place of the stopped one. */
  List<Action> deliver(List<? extends Payload> payloads) {
    IkeHeader header = Forge.value(MessageDecoder.decode(stopped.ike())).header();
    return deliver(Forge.seal(keys().copy(), header, payloads));
  }

  List<Action> deliver(ExchangeType other, int messageId, List<? extends Payload> payloads) {
    return deliver(other, response, messageId, payloads);
  }

  List<Action> deliver(
      ExchangeType other, boolean isResponse, int messageId, List<? extends Payload> payloads) {
    IkeHeader header =
        new IkeHeader(
            keys.spiInitiator(), keys.spiResponder(), other, !response, isResponse, messageId);
    return deliver(Forge.seal(keys().copy(), header, payloads));
  }

  List<Action> deliver(byte[] message) {
    Host from = response ? b : a;
    return victim().ike(message, new Endpoint(from.address, 4500), 4500);
  }

  /** The stopped message with every payload that {@code which} selects changed. */
  List<Payload> changed(Predicate<Payload> which, UnaryOperator<Payload> change) {
    List<Payload> result = new ArrayList<>();
    payloads().forEach(p -> result.add(which.test(p) ? change.apply(p) : p));
    return result;
  }

  List<Payload> without(Predicate<Payload> which) {
    return payloads().stream().filter(which.negate()).toList();
  }

  /** AUTH as the sender of the stopped message computes it for {@code id} with {@code psk}. */
  AuthPayload auth(IdPayload id, String psk) {
    return auth(id, psk, response);
  }

  /** AUTH as the responder or the initiator computes it. */
  AuthPayload auth(IdPayload id, String psk, boolean asResponder) {
    byte[] request = sent(a, ExchangeType.IKE_SA_INIT, false).ike();
    byte[] answer = sent(b, ExchangeType.IKE_SA_INIT, true).ike();
    SecretBytes auth =
        PskAuth.compute(
            new JdkCryptoProvider().prf(PrfAlgorithm.HMAC_SHA2_256),
            Host.key(1, psk).secret(),
            asResponder ? answer : request,
            nonce(asResponder ? request : answer),
            asResponder ? keys().copy().skPr() : keys().copy().skPi(),
            id.body());
    return new AuthPayload(AuthPayload.SHARED_KEY_MIC, auth.use(Bytes::copyOf));
  }

  private static Bytes nonce(byte[] message) {
    return Forge.value(MessageDecoder.decode(message)).clearMessage().nonce().orElseThrow();
  }

  /** The stopped message about another identity, with the AUTH that belongs to it. */
  List<Payload> as(IdPayload id) {
    return changed(
        p -> p instanceof AuthPayload || (p instanceof IdPayload i && i.initiator() == !response),
        p -> p instanceof AuthPayload ? auth(id, PSK) : id);
  }

  /** Whether the victim believes that it talks to the other. */
  boolean fooled() {
    return !victim().endpoint().established().isEmpty()
        || a.childrenWith(b) * (response ? 1 : 0) + b.childrenWith(a) * (response ? 0 : 1) > 0;
  }

  /** The error notify in the answer to what was delivered. */
  Optional<Integer> error(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.open(keys().copy(), ((Action.Send) s).message()))
        .flatMap(m -> m.error().stream())
        .map(n -> n.notifyType())
        .findFirst();
  }

  /** Lets the network work again and sees whether a's packets reach b. */
  boolean recovers() {
    world.openAll();
    for (int i = 0; i < 60; i++) {
      int number = 100 + i;
      a.send(b, number);
      world.run(Duration.ofSeconds(1));
      if (b.received.contains(number)) {
        return true;
      }
    }
    return false;
  }
}
