package io.podseal.e2e.interop;

import java.time.Duration;
import java.util.Set;

/** What the rows do, and what must then hold at both ends. */
final class Scripts {
  private static final String STRANGE = "ffffffff-stranger.shop.pods.cluster.local";
  private static final String REFUSED = "AUTHENTICATION_FAILED";

  private Scripts() {}

  /** An IKE SA, a child SA, and application bytes. */
  static void bytes(Bench bench) {
    bench.establish();
    bench.bytesCross();
  }

  static void childRekeyByThem(Bench bench) {
    bench.establish();
    Set<String> before = bench.theirSpis();
    bench.theirs().rekeyChild();
    awaitSuccessor(bench, before);
    bench.bytesCross();
  }

  static void childRekeyByUs(Bench bench) {
    bench.profile().setChildLifetimeSeconds(5);
    bench.establish();
    Set<String> before = bench.theirSpis();
    awaitSuccessor(bench, before);
    bench.bytesCross();
  }

  private static void awaitSuccessor(Bench bench, Set<String> before) {
    bench.await(
        "another child SA in place of the first",
        Duration.ofSeconds(25),
        () -> {
          Set<String> now = bench.theirSpis();
          return now.size() == 1 && !now.equals(before);
        });
    bench.prove("child SA rekeyed");
  }

  static void deleteByThem(Bench bench) {
    bench.establish();
    bench.traffic().ping();
    bench.theirs().terminateIke();
    bench.weLog("ended (deleted_by_peer)");
    bench.await("no child SA at Podseal", () -> bench.ourChildren() == 0);
    bench.prove("IKE SA deleted");
    bench.traffic().pingFromUs();
    bench.bytesCross();
    bench.prove("a new one with the next packet");
  }

  static void deleteByUs(Bench bench) {
    bench.establish();
    bench.traffic().ping();
    bench.ours().forget(Bench.THEIRS);
    bench.theyLog("received DELETE for IKE_SA");
    bench.await("no IKE SA at strongSwan", () -> bench.theirs().ikeSas().isEmpty());
    bench.prove("IKE SA deleted");
    bench.declare();
    bench.begin();
    bench.bytesCross();
    bench.prove("a new one afterwards");
  }

  /** strongSwan deletes its child SA and keeps the IKE SA. */
  static void childDeleteByThem(Bench bench) {
    bench.establish();
    bench.theirs().terminateChild();
    bench.await("no child SA at strongSwan", () -> bench.theirs().children().isEmpty());
    bench.prove("child SA deleted");
    bench.traffic().pingFromUs();
    bench.bytesCross();
    bench.prove("another with the next packet");
  }

  static void dpdByThem(Bench bench) {
    bench.connection().set("dpd_delay", "1s");
    bench.charon("retransmit_timeout = 0.5");
    bench.charon("retransmit_base = 1");
    bench.charon("retransmit_tries = 3");
    bench.establish();
    bench.bytesCross();
    bench.theyLog("sending DPD request");
    bench.theyLog("parsed INFORMATIONAL response");
    bench.expect("the IKE SA stands", bench.theirs().ikeSas().size() == 1);
    bench.prove("DPD answered");
    bench.ours().kill();
    bench.await("strongSwan gives us up", () -> bench.theirs().ikeSas().isEmpty());
    bench.prove("our death noticed");
  }

  /** strongSwan answers no ping, so that only its IKE tells us that it lives. */
  static void dpdByUs(Bench bench) {
    bench.profile().setLivenessSeconds(1);
    bench.establish();
    bench.bytesCross();
    bench.host().run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1");
    try {
      int before = count(bench.theirs().log(), "parsed INFORMATIONAL request");
      bench.await(
          "strongSwan is asked for a sign of life",
          () -> {
            bench.traffic().tryPingFromUs();
            return count(bench.theirs().log(), "parsed INFORMATIONAL request") > before;
          });
    } finally {
      bench.host().run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0");
    }
    bench.traffic().ping();
    bench.expect("the child SA is still the first", bench.theirs().children().size() == 1);
    bench.prove("liveness asked and answered");
  }

  private static int count(String text, String part) {
    return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
  }

  /** The responder has more half-open SAs than it likes. */
  static void cookies(Bench bench) {
    bench.charon("cookie_threshold = 1");
    bench.connection().set("remote_addrs", java.util.List.of("%any"));
    bench.start();
    if (bench.weInitiate()) {
      Stranger.knock(bench.host().address(), 1);
      bench.await(
          "a half-open IKE SA at strongSwan", () -> bench.theirs().log().contains("IKE_SA_INIT"));
    } else {
      Stranger.knock(bench.ours().pod().address(), 80);
    }
    bench.begin();
    // Both ends name the payload in strongSwan's log of the messages it reads and writes.
    bench.theyLog(bench.weInitiate() ? "generating" : "parsed", "N(COOKIE)");
    bench.prove("cookie asked and returned");
    bench.bytesCross();
  }

  static void wrongSecret(Bench bench) {
    bench.differentSecrets();
    refused(bench);
  }

  /** Our side was told of another identity at strongSwan's address. */
  static void strangeStrongSwan(Bench bench) {
    bench.expectIdentity(STRANGE);
    refused(bench);
  }

  /** strongSwan was told of another identity at our address. */
  static void strangePodseal(Bench bench) {
    bench.connection().identities(Bench.THEIRS, STRANGE);
    bench.owner(STRANGE);
    refused(bench);
  }

  private static void refused(Bench bench) {
    bench.start();
    if (bench.weInitiate()) {
      bench.traffic().tryPingFromUs();
    } else {
      bench.expect("strongSwan does not succeed", !bench.theirs().tryInitiate());
    }
    bench.theyLog(REFUSED.replace("AUTHENTICATION", "AUTH"));
    bench.weLog(REFUSED);
    bench.expect("strongSwan has no child SA", bench.theirs().children().isEmpty());
    bench.expect("Podseal has no child SA", bench.ourChildren() == 0);
    bench.prove(REFUSED);
    bench.nothingCrosses();
  }

  /** strongSwan starts again and remembers nothing. */
  static void restartOfStrongSwan(Bench bench) {
    bench.establish();
    bench.traffic().ping();
    bench.restartTheirs();
    bench.begin();
    bench.bytesCross();
    bench.prove("a new IKE SA after strongSwan's restart");
  }

  /** Our sidecar starts again and remembers nothing. */
  static void restartOfPodseal(Bench bench) {
    bench.establish();
    bench.traffic().ping();
    bench.restartOurs();
    bench.begin();
    bench.bytesCross();
    bench.prove("a new IKE SA after the sidecar's restart");
  }
}
