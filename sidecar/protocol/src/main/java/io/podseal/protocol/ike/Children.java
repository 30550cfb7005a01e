package io.podseal.protocol.ike;

import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The child SAs of one IKE SA, and which of them carries traffic. */
final class Children {
  private Established keeper;
  private final List<ChildSa> all = new ArrayList<>();
  private @Nullable ChildSa selected;
  private boolean carriesTraffic;

  Children(Established keeper) {
    this.keeper = keeper;
  }

  /**
   * The IKE SA whose children they are. While an IKE SA is rekeyed, and more so when both ends do
   * it, several may be asked about them, but one times them and takes them with it.
   */
  Established keeper() {
    return keeper;
  }

  void keptBy(Established heir) {
    keeper = heir;
  }

  private SaCore core() {
    return keeper.core();
  }

  /** Sends on the newest child if none is in use. */
  void useNewest(List<Action> out) {
    if (inUse().isEmpty()) {
      newest().ifPresent(c -> select(c, out));
    }
  }

  List<ChildSa> all() {
    return all;
  }

  void add(ChildSa child) {
    all.add(child);
  }

  /** How many have been replaced or deleted and are not gone yet. */
  long leaving() {
    return all.stream().filter(c -> !c.isUsable()).count();
  }

  Optional<ChildSa> byInbound(int spi) {
    return all.stream().filter(c -> c.inboundSpi() == spi).findFirst();
  }

  /** By the SPI the peer receives on, which is how it names a child. */
  Optional<ChildSa> byOutbound(int protocol, int spi) {
    return all.stream()
        .filter(c -> c.protocol().id() == protocol && c.outboundSpi() == spi)
        .findFirst();
  }

  /** The newest child that traffic may go on. */
  Optional<ChildSa> newest() {
    return all.stream().filter(ChildSa::isUsable).max(Comparator.comparing(ChildSa::createdAt));
  }

  boolean carriesTraffic() {
    return carriesTraffic;
  }

  /** From now on the peer's traffic goes on a child of this IKE SA. */
  void carryTraffic(List<Action> out) {
    carriesTraffic = true;
    // A child that the peer has just replaced is good until its successor surely is.
    Optional.ofNullable(selected)
        .filter(ChildSa::isSendable)
        .or(this::newest)
        .ifPresent(c -> select(c, out));
  }

  void stopCarrying() {
    carriesTraffic = false;
  }

  void select(ChildSa child, List<Action> out) {
    selected = child;
    if (carriesTraffic) {
      out.add(new Action.SelectOutbound(child.inboundSpi()));
    }
  }

  /** The child that we send on; a newer one may exist that the peer does not know of yet. */
  Optional<ChildSa> inUse() {
    return Optional.ofNullable(selected).filter(ChildSa::isUsable);
  }

  boolean isSelected(ChildSa child) {
    return selected == child;
  }

  /** Moves traffic off a child that is about to go; if there is no other, packets wait. */
  void leave(ChildSa child, List<Action> out) {
    if (selected == child) {
      selected = null;
      newest()
          .ifPresentOrElse(
              next -> select(next, out), () -> out.add(new Action.StopSending(child.inboundSpi())));
    }
  }

  void remove(ChildSa child, String why, Instant now, List<Action> out) {
    all.remove(child);
    if (selected == child) {
      selected = null;
      newest().ifPresent(next -> select(next, out));
    }
    out.add(new Action.RemoveChild(child.inboundSpi()));
    core().ctx().spis().release(child.inboundSpi(), now);
    out.add(
        new Action.Emit(
            new ProtocolEvent.ChildSaRemoved(
                core().peerLabel(), ChildSa.hex(child.inboundSpi()), why)));
  }

  void removeAll(Instant now, List<Action> out) {
    selected = null;
    for (ChildSa child : List.copyOf(all)) {
      remove(child, "its IKE SA ended", now, out);
    }
  }

  void moveRemote(List<Action> out) {
    all.forEach(c ->
        out.add(
            new Action.MoveRemote(c.inboundSpi(), core().childRemote(), core().encapsulatesEsp())));
  }

  Optional<Instant> deadline() {
    if (all.isEmpty()) {
      return Optional.empty();
    }
    Instant earliest = all.getFirst().deadline();
    for (ChildSa child : all) {
      earliest = child.deadline().isBefore(earliest) ? child.deadline() : earliest;
    }
    return Optional.of(earliest);
  }

  List<Integer> inboundSpis() {
    List<Integer> spis = new ArrayList<>(all.size());
    for (ChildSa child : all) {
      spis.add(child.inboundSpi());
    }
    return spis;
  }

  /** When the peer was last heard on any child. */
  Instant lastInbound() {
    return all.stream()
        .map(ChildSa::lastInbound)
        .max(Comparator.naturalOrder())
        .orElse(Instant.MIN);
  }

  Instant lastOutbound() {
    return all.stream()
        .map(ChildSa::lastOutbound)
        .max(Comparator.naturalOrder())
        .orElse(Instant.MIN);
  }
}
