package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.KeyExchangeResponse;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What a responder remembers of an SA whose additional key exchanges are still to come in
 * IKE_FOLLOWUP_KE (RFC 9370 §2.2.4): the secrets so far and what to do with all of them.
 */
final class PendingKeys {
  private static final int LINK_LENGTH = 16;

  private final IkeContext ctx;
  private final Deque<KeyExchangeMethod> remaining;
  private final List<SecretBytes> secrets = new ArrayList<>();
  private final Completion completion;
  private final Instant until;
  private Bytes link;

  /** What becomes of it. */
  interface Completion {
    /** Why it is no longer possible. */
    default Optional<NotifyPayload> objection() {
      return Optional.empty();
    }

    /** Makes the SA; the secrets are destroyed afterwards. */
    void complete(List<SecretBytes> secrets, Instant now, List<Action> out);

    /** The peer has given up. */
    void abandon(Instant now);
  }

  PendingKeys(
      IkeContext ctx,
      List<KeyExchangeMethod> additional,
      SecretBytes first,
      Completion completion,
      Instant now) {
    this.ctx = ctx;
    this.remaining = new ArrayDeque<>(additional);
    this.secrets.add(first);
    this.completion = completion;
    this.until = now.plus(IkeTimers.FOLLOWUP_TIMEOUT);
    this.link = Bytes.copyOf(ctx.random().bytes(LINK_LENGTH));
  }

  /** What ties the next request to this; any octets of ours. */
  NotifyPayload link() {
    return NotifyPayload.of(NotifyType.ADDITIONAL_KEY_EXCHANGE, link);
  }

  Instant until() {
    return until;
  }

  boolean isMeantBy(IkeMessage request) {
    return request
        .notify(NotifyType.ADDITIONAL_KEY_EXCHANGE)
        .filter(n -> n.data().equals(link))
        .isPresent();
  }

  Optional<NotifyPayload> objection() {
    return completion.objection();
  }

  boolean isComplete() {
    return remaining.isEmpty();
  }

  /** Answers one IKE_FOLLOWUP_KE request; the last one makes the SA. */
  List<Payload> answer(IkeMessage request, Instant now, List<Action> out) {
    KeyExchangeMethod method = remaining.getFirst();
    Optional<KeyExchangeResponse> agreed =
        request
            .first(KePayload.class)
            .filter(ke -> ke.method() == method.id())
            .flatMap(ke -> ctx.crypto().respond(method, ctx.random(), ke.data().toArray()));
    if (agreed.isEmpty()) {
      return List.of(NotifyPayload.of(NotifyType.INVALID_SYNTAX));
    }
    remaining.removeFirst();
    secrets.add(agreed.get().sharedSecret());
    List<Payload> answer = new ArrayList<>();
    answer.add(new KePayload(method.id(), agreed.get().publicValue()));
    if (isComplete()) {
      completion.complete(secrets, now, out);
      secrets.forEach(SecretBytes::destroy);
    } else {
      link = Bytes.copyOf(ctx.random().bytes(LINK_LENGTH));
      answer.add(link());
    }
    return answer;
  }

  void abandon(Instant now) {
    completion.abandon(now);
    secrets.forEach(SecretBytes::destroy);
  }
}
