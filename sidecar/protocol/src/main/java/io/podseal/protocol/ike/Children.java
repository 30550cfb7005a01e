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
  private final SaCore core;
  private final List<ChildSa> all = new ArrayList<>();
  private @Nullable ChildSa selected;
  private boolean carriesTraffic;

  Children(SaCore core) {
    this.core = core;
  }

  List<ChildSa> all() {
    return all;
  }

  void add(ChildSa child) {
    all.add(child);
  }

  Optional<ChildSa> byInbound(int spi) {
    return all.stream().filter(c -> c.inboundSpi() == spi).findFirst();
  }

  /** By the SPI the peer receives on, which is how it names a child. */
  Optional<ChildSa> byOutbound(int spi) {
    return all.stream().filter(c -> c.outboundSpi() == spi).findFirst();
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
    ChildSa chosen = selected != null && selected.isUsable() ? selected : newest().orElse(null);
    if (chosen != null) {
      select(chosen, out);
    }
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

  /** Moves traffic off a child that is about to go, if there is another. */
  void leave(ChildSa child, List<Action> out) {
    if (selected == child) {
      selected = null;
      newest().ifPresent(next -> select(next, out));
    }
  }

  void remove(ChildSa child, String why, Instant now, List<Action> out) {
    all.remove(child);
    leave(child, out);
    out.add(new Action.RemoveChild(child.inboundSpi()));
    core.ctx().spis().release(child.inboundSpi(), now);
    out.add(
        new Action.Emit(
            new ProtocolEvent.ChildSaRemoved(
                core.peerLabel(), ChildSa.hex(child.inboundSpi()), why)));
  }

  void removeAll(Instant now, List<Action> out) {
    selected = null;
    for (ChildSa child : List.copyOf(all)) {
      remove(child, "its IKE SA ended", now, out);
    }
  }

  void moveRemote(List<Action> out) {
    all.forEach(c -> out.add(new Action.MoveRemote(c.inboundSpi(), core.remote())));
  }

  Optional<Instant> deadline() {
    return all.stream().map(ChildSa::deadline).min(Comparator.naturalOrder());
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
