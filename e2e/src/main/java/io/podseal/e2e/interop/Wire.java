package io.podseal.e2e.interop;

import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.capture.WireKind;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a sniffer on the bridge sees of both ends, under every address that they have or had.
 * Confined to one thread.
 */
final class Wire {
  private final Sniffer sniffer;
  private final Path pcap;
  private final Set<InetAddress> ours = new LinkedHashSet<>();
  private final Set<InetAddress> theirs = new LinkedHashSet<>();
  private InetAddress ourSource;
  private InetAddress theirSource;

  /**
   * @param pcap which {@code sniffer} writes
   * @param ourSource where our packets come from as the bridge sees it
   * @param theirSource the same for strongSwan's
   */
  Wire(
      Sniffer sniffer,
      Path pcap,
      InetAddress ours,
      InetAddress ourSource,
      InetAddress theirs,
      InetAddress theirSource) {
    this.sniffer = sniffer;
    this.pcap = pcap;
    this.ourSource = ourSource;
    this.theirSource = theirSource;
    this.ours.addAll(List.of(ours, ourSource));
    this.theirs.addAll(List.of(theirs, theirSource));
  }

  /** From now on strongSwan's packets come from {@code address}. */
  void theySendFrom(InetAddress address) {
    theirSource = address;
    theirs.add(address);
  }

  /** Returns how many ESP packets were seen between the addresses of now. */
  long esp() {
    return sniffer.between(ourSource, theirSource).count(WireKind.ESP);
  }

  /** Returns whether ESP was seen between any two addresses. */
  boolean anyEsp() {
    return pairs().stream().anyMatch(pair -> pair.count(WireKind.ESP) > 0);
  }

  /** Returns what strongSwan's first message said of where it was sent (RFC 7296 §2.23). */
  NatClaim theirNatClaim() {
    return NatClaim.first(pcap, theirSource);
  }

  /** Returns descriptions of the first packets in clear. */
  List<String> clear() {
    return pairs().stream().flatMap(pair -> pair.clear().stream()).toList();
  }

  private List<Ledger.Summary> pairs() {
    return ours.stream().flatMap(a -> theirs.stream().map(b -> sniffer.between(a, b))).toList();
  }
}
