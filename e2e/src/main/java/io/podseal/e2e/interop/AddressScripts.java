package io.podseal.e2e.interop;

import java.net.Inet4Address;
import java.util.List;
import java.util.Set;

/** What the rows do in which the way between both ends is the matter. */
final class AddressScripts {
  private AddressScripts() {}

  /**
   * strongSwan gets another address and says so (RFC 4555); what is in the tunnel keeps its own.
   * The IKE SA moves. kernel-libipsec cannot move a child SA, so that strongSwan rekeys it at once.
   */
  static void mobike(Bench bench) {
    String first = outerAddress(bench);
    bench.host().must("ip", "address", "add", inner(bench) + "/32", "dev", "lo");
    bench.host().must("ip", "address", "delete", inner(bench) + "/24", "dev", "eth0");
    bench.connection().set("mobike", "yes").set("local_addrs", List.of("%any"));
    bench.establish();
    Set<String> ike = bench.theirIkeSpis();
    Set<String> child = bench.theirSpis();
    bench.bytesCross();
    outerAddress(bench);
    bench.host().must("ip", "address", "delete", first + "/24", "dev", "eth0");
    bench.theyLog("generating INFORMATIONAL request", "N(UPD_SA_ADDR)");
    bench.theyLog("generating INFORMATIONAL response", "N(COOKIE2)");
    bench.prove("UPDATE_SA_ADDRESSES followed after COOKIE2 came back");
    bench.theyLog("generating CREATE_CHILD_SA request", "[ N(REKEY_SA) ");
    RekeyScripts.awaitSuccessor(bench, child);
    bench.bytesCross();
    bench.expect("the IKE SA is still the first", bench.theirIkeSpis().equals(ike));
    bench.prove("the IKE SA kept");
  }

  private static String inner(Bench bench) {
    return bench.host().address().getHostAddress();
  }

  /** Gives strongSwan's host one more address, from which it is to send from now on. */
  private static String outerAddress(Bench bench) {
    Inet4Address next = bench.network().unused().get();
    bench.host().must("sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=1");
    bench.host().must("ip", "address", "add", next.getHostAddress() + "/24", "dev", "eth0");
    bench.wire().theySendFrom(next);
    return next.getHostAddress();
  }

  /** Who begins is behind a NAT, which later forgets it and gives it another port. */
  static void initiatorBehindNat(Bench bench) {
    if (bench.weInitiate()) {
      bench.profile().setLivenessSeconds(1);
    } else {
      bench.profile().setChildLifetimeSeconds(5);
    }
    bench.establish();
    bench.bytesCross();
    Set<String> before = bench.theirSpis();
    if (bench.weInitiate()) {
      bench.theirs().rekeyChild();
    }
    RekeyScripts.awaitSuccessor(bench, before);
    bench.prove("by the end in front of the NAT");
    String mapped = bench.initiatorSeenAt();
    Set<String> child = bench.theirSpis();
    bench.network().rebind();
    if (bench.weInitiate()) {
      bench.traffic().pingFromUs();
    } else {
      bench.traffic().pingFromThem();
      bench.expect("the child SA itself moved", bench.theirSpis().equals(child));
    }
    bench.bytesCross();
    bench.expect(
        "the NAT has another port than " + mapped, !mapped.equals(bench.initiatorSeenAt()));
    bench.prove("another port of the NAT followed");
  }

  /** The default profile of pods, where no packet may be longer than IPv6 promises. */
  static void narrowLink(Bench bench) {
    String[] narrow = {"ip", "link", "set", "eth0", "mtu", "1280"};
    bench.ours().pod().run(narrow).must();
    bench.host().must(narrow);
    RekeyScripts.hybrid(bench, "mlkem768");
  }
}
