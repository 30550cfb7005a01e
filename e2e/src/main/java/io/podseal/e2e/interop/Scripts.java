package io.podseal.e2e.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rows do, and what must then hold at both ends. */
final class Scripts {
  private static final String STRANGE = "ffffffff-stranger.shop.pods.cluster.local";
  private static final String PPK_ID = "ppk.shop";
  private static final byte[] PPK = "a key that no quantum computer has".getBytes(UTF_8);
  private static final String REFUSED = "AUTHENTICATION_FAILED";

  private Scripts() {}

  /** An IKE SA, a child SA, and application bytes. */
  static void bytes(Bench bench) {
    bench.establish();
    bench.bytesCross();
  }

  /** 32-bit sequence numbers, where both could have 64. */
  static void noEsn(Bench bench) {
    bench.connection().child("esp_proposals", List.of("aes256gcm16-x25519-noesn"));
    bench.profile().addSequenceNumbers("esn").addSequenceNumbers("noesn");
    bench.establish();
    bench.expect("sequence numbers have 32 bits", !bench.uses("ESN"));
    bench.bytesCross();
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

  /** strongSwan sends every protected message in pieces; what we send fits in one. */
  static void fragmentsFromThem(Bench bench) {
    bench.charon("fragment_size = 200");
    bench.connection().set("fragmentation", "force");
    bench.establish();
    bench.theyLog(
        "generating", bench.weInitiate() ? "IKE_AUTH response" : "IKE_AUTH request", "EF(2");
    bench.prove("IKE_AUTH of strongSwan in fragments");
    bench.bytesCross();
  }

  /** Our side sends every protected message in pieces. */
  static void fragmentsFromUs(Bench bench) {
    bench.restartOurs(Map.of("PODSEAL_IKE_FRAGMENT_SIZE", "256"));
    bench.establish();
    bench.theyLog("parsed", bench.weInitiate() ? "IKE_AUTH request" : "IKE_AUTH response", "EF(2/");
    bench.theyLog("reassembled fragmented IKE message");
    bench.prove("IKE_AUTH of Podseal in fragments");
    bench.bytesCross();
  }

  /**
   * strongSwan asks for UDP as well, by a false NAT detection of its own. Its log does not tell: it
   * speaks of a NAT that it fakes only where the other end claims none.
   */
  static void encapsulationByThem(Bench bench) {
    bench.connection().set("encap", "yes");
    bench.establish();
    bench.bytesCross();
    NatClaim claim = bench.wire().theirNatClaim();
    bench.expect("strongSwan says truly where it sends to: " + claim, claim.destinationTrue());
    bench.expect("strongSwan hides where it sends from: " + claim, !claim.sourceTrue());
    bench.prove("a false NAT_DETECTION_SOURCE_IP of strongSwan's");
  }

  static void ppk(Bench bench) {
    bench.ourPpk(PPK_ID, PPK, true);
    bench.theirPpk(PPK_ID, PPK, true);
    bench.establish();
    bench.negotiated("/PPK");
    bench.bytesCross();
  }

  /** Both have it and neither insists. */
  static void optionalPpk(Bench bench) {
    bench.ourPpk(PPK_ID, PPK, false);
    bench.theirPpk(PPK_ID, PPK, false);
    bench.establish();
    bench.negotiated("/PPK");
    bench.bytesCross();
  }

  static void ppkUnknownToThem(Bench bench) {
    bench.ourPpk(PPK_ID, PPK, false);
    withoutPpk(bench);
  }

  static void ppkUnknownToUs(Bench bench) {
    bench.theirPpk(PPK_ID, PPK, false);
    withoutPpk(bench);
  }

  private static void withoutPpk(Bench bench) {
    bench.establish();
    bench.expect("no PPK is in use", !bench.uses("/PPK"));
    bench.prove("without the PPK, which is optional");
    bench.bytesCross();
  }

  static void dpdByThem(Bench bench) {
    bench.connection().set("dpd_delay", "1s");
    bench.charon("retransmit_timeout = 0.5");
    bench.charon("retransmit_base = 1");
    bench.charon("retransmit_tries = 3");
    bench.establish();
    Set<String> ike = bench.theirIkeSpis();
    bench.bytesCross();
    bench.theyLog("sending DPD request");
    bench.theyLog("parsed INFORMATIONAL response");
    bench.expect("the IKE SA is still the first", bench.theirIkeSpis().equals(ike));
    bench.prove("DPD answered");
    bench.ours().kill();
    bench.await("strongSwan gives us up", () -> bench.theirs().ikeSas().isEmpty());
    bench.prove("our death noticed");
  }

  /** strongSwan answers no ping, so that only its IKE tells us that it lives. */
  static void dpdByUs(Bench bench) {
    bench.profile().setLivenessSeconds(1);
    bench.establish();
    Set<String> child = bench.theirSpis();
    bench.bytesCross();
    bench.host().run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=1");
    try {
      int before = bench.theirs().timesLogged("parsed INFORMATIONAL request");
      bench.await(
          "strongSwan is asked for a sign of life",
          () -> {
            bench.traffic().tryPingFromUs();
            return bench.theirs().timesLogged("parsed INFORMATIONAL request") > before;
          });
    } finally {
      bench.host().run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_all=0");
    }
    bench.traffic().ping();
    bench.expect("the child SA is still the first", bench.theirSpis().equals(child));
    bench.prove("liveness asked and answered");
  }

  /**
   * The responder wants to see first that the initiator receives: strongSwan because it has a
   * half-open IKE SA, our side because the key exchange is expensive.
   */
  static void cookies(Bench bench) {
    if (bench.weInitiate()) {
      bench.charon("cookie_threshold = 1");
      // So that it has an answer for the stranger too.
      bench.connection().set("remote_addrs", List.of("%any"));
      bench.start();
      Stranger.knock(bench.host().address());
      bench.theyLog("generating IKE_SA_INIT response");
    } else {
      bench.plugin("gmp");
      bench.connection().set("proposals", List.of("aes256gcm16-prfsha256-modp3072"));
      bench.profile().addKeyExchange("modp3072").addKeyExchange("x25519");
      bench.start();
      expectNothingKeptOfStrangers(bench);
    }
    bench.begin();
    bench.theyLog("generating IKE_SA_INIT", "N(COOKIE)");
    bench.prove("cookie asked and returned");
    bench.bytesCross();
  }

  /**
   * Our side keeps no state before the cookie is back (RFC 7296 §2.6). The stranger's request is
   * shorter than our answer would be, so that it is asked for one, which it never returns.
   */
  private static void expectNothingKeptOfStrangers(Bench bench) {
    Stranger.knock(bench.ours().pod().address());
    bench.await(
        "Podseal asks the stranger for a cookie",
        () -> bench.ours().status().path("drops").path("ike_cookie_required").asInt() == 1);
    bench.expect("Podseal has no IKE SA", bench.ours().status().path("ikeSas").isEmpty());
    bench.prove("no IKE SA made for a stranger who returns none");
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
    bench.theyLog("N(AUTH_FAILED)");
    bench.weLog(REFUSED);
    bench.expect("strongSwan has no child SA", bench.theirs().children().isEmpty());
    bench.expect("Podseal has no child SA", bench.ourChildren() == 0);
    bench.prove(REFUSED);
    bench.nothingCrosses();
  }

  /** strongSwan starts again and remembers nothing. */
  static void restartOfThem(Bench bench) {
    bench.establish();
    bench.traffic().ping();
    bench.killTheirs();
    bench.startTheirs();
    bench.begin();
    bench.bytesCross();
    bench.prove("a new IKE SA after strongSwan's restart");
  }

  /** strongSwan dies; only that nothing answers tells us. */
  static void deathOfThem(Bench bench) {
    Duration longest = Duration.ofSeconds(200);
    bench.patience(longest);
    bench.profile().setLivenessSeconds(1);
    bench.establish();
    bench.traffic().ping();
    bench.killTheirs();
    bench.await(
        "strongSwan's death is noticed",
        longest,
        () -> {
          bench.traffic().tryPingFromUs();
          return bench.ours().log().contains("ended (no_answer)");
        });
    bench.expect("Podseal has no child SA", bench.ourChildren() == 0);
    bench.prove("strongSwan's death noticed");
    bench.startTheirs();
    bench.begin();
    bench.bytesCross();
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
