package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeContext;
import io.podseal.protocol.ike.IkeSa;
import io.podseal.protocol.ike.InitAnswer;
import io.podseal.protocol.ike.Input;
import io.podseal.protocol.ike.KeyExchangeRation;
import io.podseal.protocol.ike.Limits;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.Ports;
import java.net.InetAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which IKE_SA_INIT requests get an SA, and which repeated requests an answer again: rates
 * per source, cookies, and bounds on SAs whose peer has not authenticated. What a stranger can make
 * us keep or send is decided here alone. When strangers have used up their share, a declared peer's
 * address still has one of its own.
 */
final class InitGate {
  private final Cookies cookies;
  private final AnswerRates answers;
  private final AnswerRates proven;
  private final AnswerRates challenges;
  private final TokenBucket peerChallenges =
      new TokenBucket(Limits.PEER_CHALLENGE_BURST, Limits.PEER_CHALLENGE_RATE);
  private final KeyExchangeBudget keyExchanges = KeyExchangeBudget.ofStrangers();
  private final PairTable pairs;
  private final int ikeSas;
  private final Map<Attempt, IkeSa> byAttempt = new HashMap<>();
  private final Map<IkeSa, Attempt> attempts = new HashMap<>();
  private final Set<IkeSa> halfOpen = new HashSet<>();
  private final Map<InetAddress, Integer> halfOpenBySource = new HashMap<>();
  private final Map<IkeSa, Pair> keptForPeers = new HashMap<>();
  private final Map<Pair, Integer> keptByPeer = new HashMap<>();
  private final Map<IkeSa, TokenBucket> repeats = new HashMap<>();

  /** What makes two IKE_SA_INIT requests the same attempt until their contents are compared. */
  private record Attempt(long spiInitiator, Endpoint from) {
    static Attempt of(Input.Received in) {
      return new Attempt(in.datagram().header().spiInitiator(), in.from());
    }
  }

  InitGate(IkeContext ctx, PairTable pairs) {
    this.pairs = pairs;
    this.cookies = new Cookies(ctx.crypto(), ctx.random());
    long hashKey = cookies.hashKey();
    this.answers = new AnswerRates(Limits.ANSWER_BURST, Limits.ANSWER_RATE, hashKey);
    this.proven = new AnswerRates(Limits.ANSWER_BURST, Limits.ANSWER_RATE, hashKey);
    this.challenges = new AnswerRates(Limits.CHALLENGE_BURST, Limits.CHALLENGE_RATE, hashKey);
    this.ikeSas = ctx.options().ikeSas();
  }

  /** Counts an answer against the source it goes to, which has proven nothing. */
  boolean mayAnswer(Endpoint source, Instant now) {
    return answers.mayAnswer(source.address(), now);
  }

  /**
   * Whether the source of an IKE_SA_INIT request may get an answer; if not, says what is done
   * instead. Others may send in a peer's name and use up what its address gets: then it is still
   * asked for a cookie, and with that it is counted by itself.
   */
  boolean mayAnswer(Input.Received in, Instant now, List<Action> out) {
    InetAddress source = in.from().address();
    if (answers.mayAnswer(source, now)) {
      return true;
    }
    boolean returned = cookies.isReturnedBy(in.datagram(), in.from(), now);
    if (returned && proven.mayAnswer(source, now)) {
      return true;
    }
    if (!returned
        && known(in).isEmpty()
        && Cookies.canBeAsked(in.datagram())
        && mayChallenge(source, now)) {
      challenge(in, now, out);
    } else {
      out.add(new Action.Drop(DropReason.RATE_LIMITED));
    }
    return false;
  }

  private boolean mayChallenge(InetAddress source, Instant now) {
    return challenges.mayAnswer(source, now)
        || (pairs.at(source) != null && peerChallenges.takes(1, now));
  }

  /**
   * Whether an SA hears a message; if not, says why. A repeated request is answered again (RFC 7296
   * §2.1) at the peer's own place. Until the peer has authenticated, that is the address that got
   * our IKE_SA_INIT answer and so has the keys: in another's name one short fragment would make us
   * send a long answer again and again. An authenticated peer's is repeated elsewhere as seldom as
   * strangers are answered.
   */
  boolean hears(IkeSa sa, Input.Received in, Instant now, List<Action> out) {
    IkeHeader header = in.datagram().header();
    if (header.response() || !sa.hasAnswered(header.messageId())) {
      return true;
    }
    InetAddress source = in.from().address();
    Attempt attempt = halfOpen.contains(sa) ? attempts.get(sa) : null;
    if (attempt != null && !attempt.from().address().equals(source)) {
      out.add(new Action.Drop(DropReason.IKE_OTHER_ADDRESS));
      return false;
    }
    boolean heard =
        attempt == null
            ? in.from().equals(sa.remote()) || answers.mayAnswer(source, now)
            : repeats.computeIfAbsent(sa, s -> ofRepeats()).takes(1, now);
    if (!heard) {
      out.add(new Action.Drop(DropReason.RATE_LIMITED));
    }
    return heard;
  }

  private static TokenBucket ofRepeats() {
    return new TokenBucket(Limits.REPEAT_BURST, Limits.REPEAT_RATE);
  }

  /** The SA that an earlier request of the same attempt made. */
  Optional<IkeSa> known(Input.Received in) {
    return Optional.ofNullable(byAttempt.get(Attempt.of(in)));
  }

  /**
   * Whether a new SA may be made; if not, says what is done instead. RFC 7296 §2.6 asks for a
   * cookie when there are many half-open SAs; here also where an answer would cost or weigh more.
   *
   * @param sas how many IKE SAs there are
   */
  boolean admits(Input.Received in, int sas, Instant now, List<Action> out) {
    if (sas >= ikeSas) {
      out.add(new Action.Drop(DropReason.IKE_TOO_MANY_SAS));
      return false;
    }
    int ofSource = halfOpenBySource.getOrDefault(in.from().address(), 0);
    int method =
        in.datagram().clearMessage().first(KePayload.class).map(KePayload::method).orElse(0);
    // Design, decision 12: never send more than we got to a source that has proven nothing.
    boolean wantsCookie =
        halfOpen.size() >= Limits.HALF_OPEN_BEFORE_COOKIES
            || ofSource >= Limits.HALF_OPEN_OF_SOURCE_BEFORE_COOKIES
            || keyExchanges.isScarce(now)
            || KeyExchangeBudget.isExpensive(method)
            || in.datagram().bytes().length < InitAnswer.longest(in.datagram().clearMessage());
    if (wantsCookie && !cookies.isReturnedBy(in.datagram(), in.from(), now)) {
      challenge(in, now, out);
      return false;
    }
    // Whoever finds the strangers' share used up was asked for a cookie: its address is its own.
    InetAddress source = in.from().address();
    if (!hasPlaceAmongStrangers(source) && !hasPlaceKept(pairs.at(source))) {
      out.add(new Action.Drop(DropReason.IKE_TOO_MANY_HALF_OPEN));
      return false;
    }
    return true;
  }

  /** Where the key exchange of an admitted request is counted: among strangers', or its peer's. */
  KeyExchangeRation rationFor(Input.Received in, Instant now) {
    Pair pair = pairs.at(in.from().address());
    return method ->
        keyExchanges.takes(method.id(), now) || (pair != null && pair.mayBegin(method.id(), now));
  }

  private boolean hasPlaceAmongStrangers(InetAddress source) {
    return halfOpen.size() - keptForPeers.size() < Limits.HALF_OPEN
        && halfOpenBySource.getOrDefault(source, 0) < Limits.HALF_OPEN_PER_SOURCE;
  }

  private boolean hasPlaceKept(@Nullable Pair pair) {
    return pair != null && keptByPeer.getOrDefault(pair, 0) < Limits.HALF_OPEN_KEPT_FOR_PEER;
  }

  private void challenge(Input.Received in, Instant now, List<Action> out) {
    if (!Cookies.canBeAsked(in.datagram())) {
      out.add(new Action.Drop(DropReason.IKE_NO_ANSWER_DUE));
      return;
    }
    boolean encapsulated = in.to().port() == Ports.IKE_NAT_TRAVERSAL;
    byte[] challenge = cookies.challenge(in.datagram(), in.from(), now);
    out.add(new Action.Send(challenge, in.from(), encapsulated));
    out.add(new Action.Drop(DropReason.IKE_COOKIE_REQUIRED));
  }

  /** An SA was made for {@code in}. */
  void opened(IkeSa sa, Input.Received in) {
    Attempt attempt = Attempt.of(in);
    byAttempt.put(attempt, sa);
    attempts.put(sa, attempt);
    InetAddress source = in.from().address();
    Pair pair = pairs.at(source);
    if (hasPlaceAmongStrangers(source) || pair == null) {
      halfOpenBySource.merge(source, 1, Integer::sum);
    } else {
      keptForPeers.put(sa, pair);
      keptByPeer.merge(pair, 1, Integer::sum);
    }
    halfOpen.add(sa);
  }

  /** The peer authenticated. One that failed to stays counted until its SA is forgotten. */
  void proven(IkeSa sa) {
    Attempt attempt = attempts.get(sa);
    repeats.remove(sa);
    if (attempt == null || !halfOpen.remove(sa)) {
      return;
    }
    Pair pair = keptForPeers.remove(sa);
    if (pair == null) {
      countDown(halfOpenBySource, attempt.from().address());
    } else {
      countDown(keptByPeer, pair);
    }
  }

  private static <K> void countDown(Map<K, Integer> counts, K key) {
    counts.computeIfPresent(key, (k, n) -> n == 1 ? null : n - 1);
  }

  void forget(IkeSa sa) {
    proven(sa);
    Attempt attempt = attempts.remove(sa);
    if (attempt != null) {
      byAttempt.remove(attempt);
    }
  }
}
