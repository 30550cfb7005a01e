package io.podseal.protocol.ike;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Follows the peer to another address. Its NAT may change it (RFC 7296 §2.23), or it asks so with
 * MOBIKE (RFC 4555 §3.5): then the IKE SA follows at once, the children after a {@link
 * RoutabilityCheck} of the new address. Shared by the SAs of a rekey.
 */
final class AddressUpdate {
  /** RFC 4555 §4.2.5. */
  private static final int COOKIE2_LEAST = 8;

  private static final int COOKIE2_MOST = 64;

  /** Whose answer moves the children; any other check is out of date. */
  private @Nullable RoutabilityCheck awaited;

  /** When the IKE SA began on which the peer last asked to be moved. */
  private Instant askedOn = Instant.MIN;

  /**
   * §2.23: a peer behind a NAT is where its newest authenticated message came from. With MOBIKE
   * only ESP packets suggest an address (RFC 4555 §3.8), and an answer from there confirms it.
   */
  void followNat(Established sa, Input.Received in, List<Action> out) {
    SaCore core = sa.core();
    if (core.peerBehindNat()
        && (core.mobility() == Mobility.NONE || answersProbe(sa, in))
        && !in.from().equals(core.remote())
        && SaCore.isEncapsulated(in)) {
      core.moveTo(in.from(), true);
      if (sa.keepsChildren()) {
        sa.children().moveRemote(out);
      }
    }
    if (in.from().equals(core.remote())) {
      core.window().alsoTo(in.from());
    }
  }

  /** Whether {@code in} answers what was sent to where it comes from to try that address. */
  private static boolean answersProbe(Established sa, Input.Received in) {
    return in.datagram().header().response()
        && sa.exchanges().current().flatMap(Exchange::probes).filter(in.from()::equals).isPresent();
  }

  /** An address learnt from ESP alone must answer for itself; pods without NAT never move. */
  void heardFrom(Endpoint from, Established sa, Instant now, List<Action> out) {
    if (!sa.core().peerBehindNat() || from.equals(sa.core().remote())) {
      return;
    }
    Optional<Exchange> current = sa.exchanges().current();
    if (current.flatMap(Exchange::probes).isPresent()) {
      sa.core().window().alsoTo(sa.core().remote(), from);
    } else if (current.filter(Exchange::provesAddress).isEmpty()) {
      sa.core().window().alsoTo(from);
    }
    // The data plane says so once, and only the newest address is of interest.
    sa.exchanges().withdraw(e -> e.probes().isPresent());
    sa.begin(Liveness.at(sa, from), now, out);
  }

  /** What MOBIKE adds to the answer of an INFORMATIONAL request. */
  List<Payload> answer(Established sa, IkeMessage request, Input.Received in, List<Action> out) {
    List<Payload> payloads = new ArrayList<>();
    Optional<Integer> refusal = Optional.empty();
    SaCore core = sa.core();
    if (core.mobility() != Mobility.NONE) {
      Established moved = movedBy(sa);
      refusal = update(sa, moved, request, in);
      refusal.ifPresent(type -> payloads.add(NotifyPayload.of(type)));
      // §3.8: whoever asks what we see of it is told, and has told us what it sees of us.
      if (refusal.isEmpty() && NatDetection.isSupported(request)) {
        IkeContext ctx = core.ctx();
        detectNat(moved, request, in, out);
        payloads.addAll(
            NatDetection.notifies(
                ctx, core.spiInitiator(), core.spiResponder(), in.to(), in.from()));
      }
    }
    // §3.7: copied as it is.
    request
        .notify(NotifyType.COOKIE2)
        .filter(n -> n.data().length() >= COOKIE2_LEAST && n.data().length() <= COOKIE2_MOST)
        .ifPresent(payloads::add);
    return payloads;
  }

  /** Takes what the peer says of NATs on the path in use. */
  private void detectNat(Established sa, IkeMessage request, Input.Received in, List<Action> out) {
    SaCore core = sa.core();
    // §3.8: without UPDATE_SA_ADDRESSES nothing changes, so that other paths can be tested.
    if (!in.from().equals(core.remote())) {
      return;
    }
    boolean before = core.encapsulatesEsp();
    core.detectNat(request, in);
    // §3.5: enables or disables NAT traversal; after a move the check does so.
    if (core.encapsulatesEsp() != before && sa.keepsChildren()) {
      sa.children().moveRemote(out);
    }
  }

  /**
   * Whom a request on {@code sa} moves: the SA with the children, which go where their IKE SA goes
   * (§3.5), as the ends may not yet agree which of a rekey that is. The window orders the requests
   * on one SA only: those on an SA before it are older. An SA that lost a crossing has no say.
   */
  private Established movedBy(Established sa) {
    boolean heard = sa.phase() == SaPhase.ESTABLISHED || sa.succession().isRekeyed();
    boolean last = !sa.core().begunAt().isBefore(askedOn);
    Established keeper = sa.children().keeper();
    return heard && last && keeper.phase() == SaPhase.ESTABLISHED ? keeper : sa;
  }

  /** Follows the peer if it asks for that and may; the notify that refuses it. */
  private Optional<Integer> update(
      Established sa, Established moved, IkeMessage request, Input.Received in) {
    // §3.5: only the end that began the first IKE SA decides; an SA that is over is not moved.
    boolean asked =
        request.has(NotifyType.UPDATE_SA_ADDRESSES)
            && moved.core().mobility() == Mobility.PEERS
            && moved.phase() == SaPhase.ESTABLISHED
            && moved.keepsChildren();
    if (!asked) {
      return Optional.empty();
    }
    askedOn = sa.core().begunAt();
    Optional<NotifyPayload> noNats = request.notify(NotifyType.NO_NATS_ALLOWED);
    if (noNats.filter(n -> !n.data().equals(addresses(in))).isPresent()) {
      return Optional.of(NotifyType.UNEXPECTED_NAT_DETECTED);
    }
    if (in.from().equals(moved.core().remote())) {
      return Optional.empty();
    }
    if (!mayMove(moved.core()) || !SaCore.isEncapsulated(in)) {
      return Optional.of(NotifyType.UNACCEPTABLE_ADDRESSES);
    }
    for (SaCore core : List.of(sa.core(), moved.core())) {
      core.moveUncheckedTo(in.from());
      // A request in flight may never reach the old address; nor does its answer prove the new one.
      core.window().alsoTo(in.from());
    }
    awaited = new RoutabilityCheck(moved, this);
    return Optional.empty();
  }

  /** A pod keeps its address for life, so that only its NAT can change it. */
  private static boolean mayMove(SaCore core) {
    return core.peerBehindNat() || core.peer().child().modes() == ChildPolicy.Modes.TUNNEL;
  }

  /** §4.2.6: source address, destination address, source port, destination port. */
  private static Bytes addresses(Input.Received in) {
    return Bytes.copyOf(
        new ByteWriter()
            .bytes(in.from().address().getAddress())
            .bytes(in.to().address().getAddress())
            .u16(in.from().port())
            .u16(in.to().port())
            .toArray());
  }

  /** Begins the check of an address that {@link #answer} has taken over. */
  void check(Established sa, Instant now, List<Action> out) {
    RoutabilityCheck check = awaited;
    Established keeper = sa.children().keeper();
    if (check != null
        && keeper.phase() == SaPhase.ESTABLISHED
        && !keeper.exchanges().holds(e -> e == check)) {
      keeper.begin(check, now, out);
    }
  }

  boolean awaits(RoutabilityCheck check) {
    return awaited == check;
  }

  /** What is asked of an address on {@code old} is asked anew on the IKE SA with the children. */
  void inherited(Established old, Established heir, Instant now, List<Action> out) {
    if (awaited != null) {
      awaited = new RoutabilityCheck(heir, this);
      check(heir, now, out);
    }
    old.exchanges()
        .current()
        .flatMap(Exchange::probes)
        .ifPresent(address -> heir.begin(Liveness.at(heir, address), now, out));
  }

  /** The peer answers at the new address. */
  void passed(Established sa, List<Action> out) {
    awaited = null;
    sa.core().checked();
    sa.children().moveRemote(out);
  }
}
