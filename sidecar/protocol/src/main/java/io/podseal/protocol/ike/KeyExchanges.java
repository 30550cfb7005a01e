package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Our half of the key exchanges of one SA that we begin: the first, begun again in another group if
 * the peer wants that (RFC 7296 §1.2), and the additional ones that follow it (RFC 9370).
 */
final class KeyExchanges {
  private final IkeContext ctx;
  private final List<KeyExchangeMethod> offered;
  private final Set<KeyExchangeMethod> tried = EnumSet.noneOf(KeyExchangeMethod.class);
  private final Deque<KeyExchangeMethod> following = new ArrayDeque<>();
  private final List<SecretBytes> secrets = new ArrayList<>();
  private KeyExchange current;
  private Bytes link = Bytes.EMPTY;

  /**
   * @param offered methods of the first exchange, most wanted first
   */
  KeyExchanges(IkeContext ctx, List<KeyExchangeMethod> offered) {
    this.ctx = ctx;
    this.offered = offered;
    this.current = begin(offered.getFirst());
  }

  private KeyExchange begin(KeyExchangeMethod method) {
    tried.add(method);
    return ctx.crypto().keyExchange(method, ctx.random());
  }

  KeyExchangeMethod method() {
    return current.method();
  }

  KePayload payload() {
    return new KePayload(current.method().id(), Bytes.copyOf(current.publicValue()));
  }

  /**
   * Begins again in the group that INVALID_KE_PAYLOAD names, once in each that we offered: whoever
   * answers may only choose among those.
   */
  boolean beginsAgain(IkeMessage answer) {
    Optional<KeyExchangeMethod> wanted =
        answer
            .notify(NotifyType.INVALID_KE_PAYLOAD)
            .map(NotifyPayload::data)
            .filter(data -> data.length() == 2)
            .flatMap(data -> offered.stream().filter(m -> m.id() == data.u16(0)).findFirst())
            .filter(m -> !tried.contains(m));
    wanted.ifPresent(m -> {
      current.destroy();
      current = begin(m);
    });
    return wanted.isPresent();
  }

  /** Takes the peer's value of the exchange under way; false when it is not acceptable. */
  boolean agree(IkeMessage answer) {
    Optional<SecretBytes> shared =
        answer
            .first(KePayload.class)
            .filter(ke -> ke.method() == current.method().id())
            .flatMap(ke -> current.sharedSecret(ke.data().toArray()));
    shared.ifPresent(secrets::add);
    return shared.isPresent();
  }

  /** The additional exchanges that were negotiated. */
  void follow(List<KeyExchangeMethod> additional) {
    following.addAll(additional);
  }

  boolean hasNext() {
    return !following.isEmpty();
  }

  /** Begins the next additional exchange. */
  void next() {
    current.destroy();
    current = begin(following.removeFirst());
  }

  /**
   * Begins the next additional exchange of a CREATE_CHILD_SA (RFC 9370 §2.2.4).
   *
   * @param answer to the exchange before, which must carry the link between the two
   */
  boolean next(IkeMessage answer) {
    Optional<Bytes> given =
        answer.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE).map(NotifyPayload::data);
    if (given.isEmpty()) {
      return false;
    }
    link = given.get();
    next();
    return true;
  }

  /** IKE_FOLLOWUP_KE: KEi(n) and the link. */
  List<Payload> followup() {
    return List.of(payload(), NotifyPayload.of(NotifyType.ADDITIONAL_KEY_EXCHANGE, link));
  }

  /** SK(0), SK(1) and so on; destroyed with this. */
  List<SecretBytes> secrets() {
    return secrets;
  }

  void destroy() {
    current.destroy();
    secrets.forEach(SecretBytes::destroy);
  }
}
