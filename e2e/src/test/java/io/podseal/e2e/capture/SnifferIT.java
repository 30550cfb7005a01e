package io.podseal.e2e.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.NatRouter;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.ReversePathFilter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("netns")
class SnifferIT {
  @TempDir Path folder;

  @Test
  void everyPacketOfAPingIsSeenOnceAndClear() {
    try (Lab lab = Lab.open()) {
      Pod near = lab.pod("near", 11, ReversePathFilter.OFF);
      Pod routed = lab.podBehindGateway("routed", 12, ReversePathFilter.OFF);
      Path pcap = folder.resolve("wire.pcap");
      Sniffer sniffer = Sniffer.start(lab.bridge(), pcap, 100);

      near.run("ping", "-c", "3", "-i", "0.1", routed.ip()).must();
      Ledger.Summary seen = sniffer.between(near.address(), routed.address());
      sniffer.close();

      assertThat(seen.count(WireKind.CLEAR)).isEqualTo(6);
      assertThat(seen.clear().getFirst()).contains(near.ip() + " > " + routed.ip() + " ICMP");
      String tshark = Command.of("tshark", "-r", pcap.toString(), "-Y", "icmp").must();
      assertThat(tshark.lines()).hasSize(6);
    }
  }

  @Test
  void aPodBehindANatIsSeenUnderTheAddressOfItsRouterOnly() throws Exception {
    try (Lab lab = Lab.open()) {
      NatRouter nat = lab.nat("router", 11);
      Pod hidden = nat.pod("hidden", ReversePathFilter.STRICT);
      Pod open = lab.pod("open", 12, ReversePathFilter.STRICT);
      try (Sniffer sniffer = Sniffer.start(lab.bridge(), folder.resolve("wire.pcap"), 100)) {
        hidden.run("ping", "-c", "2", "-i", "0.1", open.ip()).must();

        assertThat(sniffer.between(hidden.address(), open.address()).packets()).isEmpty();
        assertThat(sniffer.between(nat.outside(), open.address()).count(WireKind.CLEAR))
            .isEqualTo(4);
      }
    }
  }

  /** The two sockets together see everything once: a filter that loses a packet would hide it. */
  @Test
  void sealedAndOtherPacketsOfEverySizeAreSeenOnce() {
    try (Lab lab = Lab.open()) {
      Pod from = lab.pod("from", 11, ReversePathFilter.OFF);
      Pod to = lab.pod("to", 12, ReversePathFilter.OFF);
      from.run("ping", "-c", "1", to.ip()).must();
      try (Sniffer sniffer = Sniffer.start(lab.bridge(), folder.resolve("wire.pcap"), 100)) {
        send(from, to, 4500, "\\xff");
        send(from, to, 4500, "\\x00\\x00\\x00\\x00" + "x".repeat(60));
        for (int length : List.of(8, 20, 29, 30, 31, 60, 1400, 4000)) {
          send(from, to, 4500, "ABCD" + "y".repeat(length));
        }
        send(from, to, 500, "z".repeat(100));
        send(from, to, 9999, "z".repeat(100));
        send(from, to, 9999, "z".repeat(4000));

        Ledger.Summary seen = sniffer.between(from.address(), to.address());

        assertThat(seen.count(WireKind.KEEPALIVE)).isEqualTo(1);
        assertThat(seen.count(WireKind.ESP)).isEqualTo(8);
        assertThat(seen.count(WireKind.SEALED_FRAGMENT)).isEqualTo(2);
        assertThat(seen.count(WireKind.UNKNOWN_SEALED)).isEqualTo(2);
        // Nobody listens, and the kernel's errors quote what was sealed and what was not.
        assertThat(seen.count(WireKind.SEALED_QUOTE)).isPositive();
        // One small datagram and three fragments; the errors of port 9999 come on top.
        assertThat(seen.clear().stream().filter(line -> line.contains("UDP"))).hasSize(4);
        assertThat(sniffer.drops()).isEqualTo(new Sniffer.Drops(0, 0));
      }
    }
  }

  @Test
  void theFileKeepsOnlyAsMuchEspASecondAsAsked() throws Exception {
    try (Lab lab = Lab.open()) {
      Pod from = lab.pod("from", 11, ReversePathFilter.OFF);
      Pod to = lab.pod("to", 12, ReversePathFilter.OFF);
      Path pcap = folder.resolve("wire.pcap");
      Sniffer sniffer = Sniffer.start(lab.bridge(), pcap, 10);
      String script =
          "for i in $(seq 400); do printf %0200d $i >/dev/udp/" + to.ip() + "/4500; done";

      from.run("bash", "-c", script).must();
      Ledger.Summary seen = sniffer.between(from.address(), to.address());
      sniffer.close();

      assertThat(seen.count(WireKind.ESP)).isEqualTo(400);
      long kept =
          PcapReader.read(pcap).stream()
              .filter(frame ->
                  IpPacket.in(frame.bytes())
                      .filter(packet -> packet.destinationPort() == 4500)
                      .isPresent())
              .count();
      assertThat(kept + sniffer.espNotStored()).isEqualTo(400);
      assertThat(sniffer.espNotStored()).isPositive();
    }
  }

  private static void send(Pod from, Pod to, int port, String payload) {
    from.run("bash", "-c", "printf '" + payload + "' >/dev/udp/" + to.ip() + "/" + port).must();
  }
}
