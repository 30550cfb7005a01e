package io.podseal.e2e.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

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

  static void childRekeyByThem(Bench bench) {
    bench.establish();
    rekeyChildOnce(bench);
    bench.bytesCross();
  }

  /** strongSwan rekeys the child SA; both ends then have the successor alone. */
  static void rekeyChildOnce(Bench bench) {
    Set<String> before = bench.theirSpis();
    bench.theirs().rekeyChild();
    awaitSuccessor(bench, before);
  }

  static void childRekeyByUs(Bench bench) {
    bench.profile().setChildLifetimeSeconds(5);
    bench.establish();
    Set<String> before = bench.theirSpis();
    awaitSuccessor(bench, before);
    bench.theyLog("received DELETE for ESP CHILD_SA");
    bench.prove("the old one deleted by Podseal");
    bench.bytesCross();
  }

  static void awaitSuccessor(Bench bench, Set<String> before) {
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

  static void ikeRekeyByThem(Bench bench) {
    bench.establish();
    Set<String> before = bench.theirIkeSpis();
    bench.theirs().rekeyIke();
    awaitIkeSuccessor(bench, before);
    bench.bytesCross();
  }

  static void ikeRekeyByUs(Bench bench) {
    bench.profile().setIkeLifetimeSeconds(6);
    bench.establish();
    awaitIkeSuccessor(bench, bench.theirIkeSpis());
    bench.bytesCross();
  }

  private static void awaitIkeSuccessor(Bench bench, Set<String> before) {
    bench.await(
        "another IKE SA in place of the first",
        Duration.ofSeconds(25),
        () -> {
          Set<String> now = bench.theirIkeSpis();
          return now.size() == 1 && !now.equals(before) && bench.theirs().children().size() == 1;
        });
    bench.prove("IKE SA rekeyed");
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

  /** strongSwan asks for UDP as well, by a false NAT detection of its own. */
  static void encapsulationByThem(Bench bench) {
    bench.connection().set("encap", "yes");
    bench.establish();
    bench.bytesCross();
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

  /** The initiator's first choice is not the responder's, for the IKE SA and for its children. */
  static void keyExchangeRetry(Bench bench) {
    bench.plugin("openssl");
    if (bench.weInitiate()) {
      bench.profile().addKeyExchange("x25519").addKeyExchange("ecp384");
      bench
          .connection()
          .set("proposals", List.of("aes256gcm16-prfsha256-ecp384"))
          .child("esp_proposals", List.of(bench.numbered("aes256gcm16-ecp384")));
      bench.profile().setChildLifetimeSeconds(5);
    } else {
      bench.profile().addKeyExchange("ecp384");
      bench
          .connection()
          .set("proposals", List.of("aes256gcm16-prfsha256-x25519-ecp384"))
          .child("esp_proposals", List.of(bench.numbered("aes256gcm16-x25519-ecp384")));
    }
    bench.establish();
    bench.negotiated("ECP_384");
    bench.theyLog("IKE_SA_INIT response", "N(INVAL_KE)");
    bench.prove("INVALID_KE_PAYLOAD followed");
    Set<String> before = bench.theirSpis();
    if (!bench.weInitiate()) {
      bench.theirs().rekeyChild();
    }
    awaitSuccessor(bench, before);
    bench.theyLog("CREATE_CHILD_SA response", "N(INVAL_KE)");
    bench.bytesCross();
  }

  /**
   * An additional key exchange (RFC 9370), also when the IKE SA or a child is rekeyed, by
   * IKE_FOLLOWUP_KE of either end.
   */
  static void hybrid(Bench bench, String method) {
    bench.plugin("openssl");
    bench
        .connection()
        .set("proposals", List.of("aes256gcm16-prfsha256-x25519-ke1_" + method))
        .child("esp_proposals", List.of(bench.numbered("aes256gcm16-x25519-ke1_" + method)));
    bench.profile().clearAdditionalKeyExchange().addAdditionalKeyExchange(method);
    if (bench.weInitiate()) {
      bench.profile().setIkeLifetimeSeconds(12).setChildLifetimeSeconds(5);
    }
    bench.establish();
    bench.negotiated("+" + method.toUpperCase(Locale.ROOT).replace("MLKEM", "ML_KEM_"));
    // The 800 octets of ML-KEM-512 fit into a message that is sent whole, 1,184 and 1,568 do not.
    if (!method.equals("mlkem512")) {
      bench.theyLog("IKE_INTERMEDIATE", "EF(1/");
      bench.prove("IKE_INTERMEDIATE in fragments");
    }
    Set<String> ike = bench.theirIkeSpis();
    Set<String> child = bench.theirSpis();
    if (!bench.weInitiate()) {
      bench.theirs().rekeyChild();
    }
    awaitSuccessor(bench, child);
    if (!bench.weInitiate()) {
      bench.theirs().rekeyIke();
    }
    awaitIkeSuccessor(bench, ike);
    String asked = bench.weInitiate() ? "parsed" : "generating";
    bench.await(
        "IKE_FOLLOWUP_KE for each of both",
        () ->
            bench
                    .theirs()
                    .log()
                    .lines()
                    .filter(line -> line.contains(asked + " IKE_FOLLOWUP_KE request"))
                    .count()
                >= 2);
    bench.prove("IKE_FOLLOWUP_KE asked by " + (bench.weInitiate() ? "Podseal" : "strongSwan"));
    bench.bytesCross();
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
    return text.split(Pattern.quote(part), -1).length - 1;
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
    }
    bench.begin();
    bench.theyLog("generating IKE_SA_INIT", "N(COOKIE)");
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
