package io.podseal.e2e.interop;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the rows do in which SAs are rekeyed (RFC 7296 §1.3.2, §1.3.3). */
final class RekeyScripts {
  private RekeyScripts() {}

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
        () ->
            bench.theirs().children().size() == 1
                && Collections.disjoint(bench.theirSpis(), before));
    bench.prove("child SA rekeyed");
  }

  static void ikeRekeyByThem(Bench bench) {
    bench.establish();
    rekeyIkeOnce(bench);
    bench.bytesCross();
  }

  /** strongSwan rekeys the IKE SA. */
  private static void rekeyIkeOnce(Bench bench) {
    Set<String> before = bench.theirIkeSpis();
    Set<String> child = bench.theirSpis();
    bench.theirs().rekeyIke();
    awaitIkeSuccessor(bench, before, "generating");
    expectInherited(bench, child);
  }

  static void ikeRekeyByUs(Bench bench) {
    bench.profile().setIkeLifetimeSeconds(6);
    bench.establish();
    Set<String> child = bench.theirSpis();
    awaitIkeSuccessor(bench, bench.theirIkeSpis(), "parsed");
    expectInherited(bench, child);
    bench.bytesCross();
  }

  /**
   * Waits for another IKE SA in place of {@code before} that was made within it (RFC 7296 §1.3.2):
   * one that began with an IKE_SA_INIT of its own would be no rekey.
   *
   * @param request what strongSwan does with the request: {@code parsed} when Podseal asks
   */
  private static void awaitIkeSuccessor(Bench bench, Set<String> before, String request) {
    bench.await(
        "another IKE SA in place of the first",
        Duration.ofSeconds(25),
        () -> {
          Set<String> now = bench.theirIkeSpis();
          return now.size() == 1 && !now.equals(before) && bench.theirs().children().size() == 1;
        });
    // Both roles: strongSwan generates the request or the response, once however often it is sent.
    int handshakes = bench.theirs().timesLogged("generating IKE_SA_INIT");
    bench.expect("there was one IKE_SA_INIT exchange, but: " + handshakes, handshakes == 1);
    bench.theyLog(request + " CREATE_CHILD_SA request", "[ SA No KE ]");
    bench.prove("IKE SA rekeyed");
  }

  /** RFC 7296 §2.8: the new IKE SA inherits the children of the old one, as they are. */
  private static void expectInherited(Bench bench, Set<String> child) {
    bench.expect("strongSwan's child SA is the first", bench.theirSpis().equals(child));
    bench.await("Podseal's child SA is the first", () -> bench.ourSpis().equals(child));
    bench.prove("its child SA kept");
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
    if (bench.weInitiate()) {
      awaitIkeSuccessor(bench, ike, "parsed");
    } else {
      rekeyIkeOnce(bench);
    }
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
}
