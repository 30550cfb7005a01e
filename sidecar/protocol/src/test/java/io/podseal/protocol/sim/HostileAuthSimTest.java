package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.DeletePayload;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IdPayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.OpaquePayload;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What somebody can send who has done IKE_SA_INIT, as everybody may, but holds no pre-shared key:
 * each test is named after the vulnerability that other implementations had there.
 */
class HostileAuthSimTest {
  private static final int HTTP_CERT_LOOKUP_SUPPORTED = 16392;
  private static final byte[] EAP_SUCCESS = {3, 1, 0, 4};

  private static List<Payload> with(List<? extends Payload> payloads, Payload... more) {
    List<Payload> all = new ArrayList<>(payloads);
    all.addAll(List.of(more));
    return all;
  }

  private static boolean isAuth(Payload p) {
    return p instanceof AuthPayload;
  }

  private static Bytes octets(byte[] octets) {
    return Bytes.copyOf(octets);
  }

  @Test
  void theStoppedMessageItselfIsAccepted() {
    Interception request = Interception.ofRequest();
    request.deliver(request.payloads());
    assertThat(request.fooled()).isTrue();
    Interception response = Interception.ofResponse();
    response.deliver(response.payloads());
    assertThat(response.fooled()).isTrue();
    Interception rewritten = Interception.ofRequest();
    rewritten.deliver(rewritten.as(IdPayload.of(true, rewritten.a.identity)));
    assertThat(rewritten.fooled()).isTrue();
  }

  @Test
  void cve_2019_12312_anInformationalBeforeIkeAuthIsNotAnswered() {
    Interception i = Interception.ofRequest();
    for (List<Payload> payloads :
        List.of(
            List.<Payload>of(),
            List.<Payload>of(DeletePayload.ike()),
            List.<Payload>of(NotifyPayload.of(NotifyType.INVALID_SYNTAX)),
            new Gen(1).payloads())) {
      assertThat(i.deliver(ExchangeType.INFORMATIONAL, 1, payloads))
          .containsExactly(new Action.Drop(DropReason.IKE_UNEXPECTED));
    }
    i.deliver(i.payloads());
    assertThat(i.fooled()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5, 9, 10, 11, 13, 201, 255})
  void cve_2013_6075_anIdentityIsItsTypeAndAllOfItsOctets(int type) {
    byte[] name = "a.shop.pods.test".getBytes(StandardCharsets.US_ASCII);
    for (int length : new int[] {0, 1, name.length - 1, name.length}) {
      Interception i = Interception.ofRequest();
      Bytes data = Bytes.copyOf(name, 0, length);
      assertRefused(i, i.as(new IdPayload(true, type, 0, data)));
    }
  }

  @Test
  void cve_2013_6075_aNameThatIsShorterLongerOrOtherwiseWrittenIsNotOurs() {
    for (String name :
        List.of("", "a", "a.shop.pods.tes", "a.shop.pods.test.", "A.shop.pods.test", "a.shop\0")) {
      for (boolean response : new boolean[] {false, true}) {
        Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
        Bytes data =
            octets(
                (response ? name.replace('a', 'b').replace('A', 'B') : name)
                    .getBytes(StandardCharsets.US_ASCII));
        assertRefused(i, i.as(new IdPayload(!response, IdPayload.ID_FQDN, 0, data)));
      }
    }
  }

  private static void assertRefused(Interception i, List<? extends Payload> payloads) {
    List<Action> actions = i.deliver(payloads);
    assertThat(i.fooled()).as("%s", payloads).isFalse();
    if (i.victim() == i.b) {
      assertThat(i.error(actions)).as("%s", payloads).contains(NotifyType.AUTHENTICATION_FAILED);
    }
    assertThat(i.victim().crypto.liveKeyExchanges()).isZero();
  }

  /** Also CVE-2023-26463, 2025-62291 and 2026-25075: what is inside an EAP payload is not read. */
  @Test
  void cve_2021_45079_anEapSuccessIsNoAuthentication() {
    for (boolean keepsAuth : new boolean[] {false, true}) {
      for (boolean response : new boolean[] {false, true}) {
        Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
        List<Payload> forged =
            keepsAuth
                ? i.changed(HostileAuthSimTest::isAuth, p -> zeroAuth())
                : i.without(HostileAuthSimTest::isAuth);
        i.deliver(with(forged, new OpaquePayload(PayloadType.EAP, false, octets(EAP_SUCCESS))));
        assertThat(i.fooled()).isFalse();
      }
    }
  }

  private static AuthPayload zeroAuth() {
    return new AuthPayload(AuthPayload.SHARED_KEY_MIC, octets(new byte[32]));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "00", "0100", "01000005", "0101ffff15", "0201000815", "ff00000000"})
  void cve_2023_26463_lengthsInsideAnEapPayloadAreNeverRead(String eap) {
    Interception i = Interception.ofRequest();
    i.deliver(with(i.payloads(), new OpaquePayload(PayloadType.EAP, true, Bytes.ofHex(eap))));
    assertThat(i.fooled()).isTrue();
  }

  /**
   * Also CVE-2017-11185, 2017-9022, 2018-16151, 2018-16152, 2018-17540 and 2018-6459: signatures
   * are refused by their method, whatever they hold.
   */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 9, 10, 11, 12, 13, 14, 255})
  void cve_2021_41990_anAuthOfAnotherMethodIsRefusedThoughItsOctetsAreRight(int method) {
    for (boolean response : new boolean[] {false, true}) {
      Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
      assertRefused(
          i,
          i.changed(
              HostileAuthSimTest::isAuth, p -> new AuthPayload(method, ((AuthPayload) p).data())));
    }
  }

  @Test
  void cve_2026_50722_anAuthCutShortOrExtendedIsRefused() {
    for (int length = 0; length < 34; length++) {
      if (length != 32) {
        int octets = length;
        for (boolean response : new boolean[] {false, true}) {
          Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
          assertRefused(
              i,
              i.changed(
                  HostileAuthSimTest::isAuth,
                  p ->
                      new AuthPayload(
                          AuthPayload.SHARED_KEY_MIC,
                          octets(Arrays.copyOf(((AuthPayload) p).data().toArray(), octets)))));
        }
      }
    }
  }

  @Test
  void cve_2020_16088_everyAuthThatIsNotTheSendersOwnIsRefused() {
    for (boolean response : new boolean[] {false, true}) {
      Interception example = response ? Interception.ofResponse() : Interception.ofRequest();
      IdPayload own = IdPayload.of(!response, response ? example.b.identity : example.a.identity);
      IdPayload other = IdPayload.of(!response, response ? example.a.identity : example.b.identity);
      List<AuthPayload> wrong =
          List.of(
              example.auth(own, "another key"),
              example.auth(own, ""),
              example.auth(other, "k"),
              // What the other end sends, reflected.
              example.auth(own, "k", !response),
              example.auth(other, "k", !response),
              zeroAuth());
      for (AuthPayload auth : wrong) {
        Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
        assertRefused(i, i.changed(HostileAuthSimTest::isAuth, p -> auth));
      }
    }
  }

  @Test
  void cve_2024_2357_aKeyThatIsGoneIsAnAuthenticationFailureAndNothingElse() {
    Interception withdrawn = Interception.ofRequest();
    withdrawn.b.knows(withdrawn.a, Lifetimes.DEFAULT);
    assertRefused(withdrawn, withdrawn.payloads());

    Interception forgotten = Interception.ofRequest();
    forgotten.b.forgets(forgotten.a);
    assertRefused(forgotten, forgotten.payloads());

    Interception rotated = Interception.ofRequest();
    rotated.b.knows(rotated.a, Lifetimes.DEFAULT, Host.key(2, "next"));
    assertRefused(rotated, rotated.payloads());
    rotated.a.knows(rotated.b, Lifetimes.DEFAULT, Host.key(2, "next"));
    assertThat(rotated.recovers()).isTrue();
  }

  @Test
  void cve_2024_2357_aKeyThatIsGoneWhenTheRequestIsDueAgainEndsTheAttempt() {
    for (boolean response : new boolean[] {false, true}) {
      Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
      i.a.knows(i.b, Lifetimes.DEFAULT);
      i.world.run(Duration.ofSeconds(30));
      assertThat(i.a.events(ProtocolEvent.IkeSaClosed.class).getFirst().reason())
          .isEqualTo(CloseReason.PEER_CHANGED);
      i.a.knows(i.b, Lifetimes.DEFAULT, Host.key(1, "k"));
      assertThat(i.recovers()).isTrue();
    }
  }

  @Test
  void cve_2013_6467_anIkeAuthWithoutOneOfItsPayloadsInstallsNothing() {
    for (boolean response : new boolean[] {false, true}) {
      Interception example = response ? Interception.ofResponse() : Interception.ofRequest();
      for (Payload missing : example.payloads()) {
        Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
        i.deliver(i.without(missing::equals));
        boolean needed =
            isAuth(missing)
                || missing instanceof IdPayload
                || missing instanceof SaPayload
                || missing instanceof TsPayload
                || (missing instanceof NotifyPayload n
                    && n.notifyType() == NotifyType.USE_TRANSPORT_MODE);
        Host victim = i.victim();
        int children = victim == i.a ? i.a.childrenWith(i.b) : i.b.childrenWith(i.a);
        assertThat(children).as("without %s", missing).isEqualTo(needed ? 0 : 1);
        assertThat(i.recovers()).as("without %s", missing).isTrue();
      }
      Interception empty = response ? Interception.ofResponse() : Interception.ofRequest();
      empty.deliver(List.of());
      assertThat(empty.fooled()).isFalse();
      assertThat(empty.recovers()).isTrue();
    }
  }

  @Test
  void cve_2013_6467_anIkeAuthWithoutIdentityOrAuthIsASyntaxError() {
    for (boolean auth : new boolean[] {false, true}) {
      Interception i = Interception.ofRequest();
      List<Action> actions =
          i.deliver(i.without(p -> auth ? isAuth(p) : p instanceof IdPayload id && id.initiator()));
      assertThat(i.error(actions)).contains(NotifyType.INVALID_SYNTAX);
      assertThat(i.fooled()).isFalse();
    }
  }

  @Test
  void cve_2022_40617_nothingIsFetchedFromWhereACertificatePayloadPoints() {
    String url = "http://192.0.2.7/slow";
    byte[] hashAndUrl = new byte[21 + url.length()];
    hashAndUrl[0] = 12;
    System.arraycopy(url.getBytes(StandardCharsets.US_ASCII), 0, hashAndUrl, 21, url.length());
    for (boolean response : new boolean[] {false, true}) {
      Interception i = response ? Interception.ofResponse() : Interception.ofRequest();
      List<Action> actions =
          i.deliver(
              with(
                  i.payloads(),
                  new OpaquePayload(PayloadType.CERT, false, octets(hashAndUrl)),
                  new OpaquePayload(PayloadType.CERTREQ, true, octets(hashAndUrl)),
                  NotifyPayload.of(HTTP_CERT_LOOKUP_SUPPORTED)));
      assertThat(i.fooled()).isTrue();
      Host peer = response ? i.b : i.a;
      assertThat(actions)
          .filteredOn(Action.Send.class::isInstance)
          .allMatch(s -> ((Action.Send) s).to().address().equals(peer.address));
    }
  }

  @Test
  void cve_2020_1763_whatIsRefusedCanBeLoggedAndForgesNoLine() {
    for (int seed = 0; seed < 300; seed++) {
      Interception i = Interception.ofRequest();
      List<Payload> payloads = new ArrayList<>(new Gen(seed).payloads());
      if (seed % 2 == 0) {
        payloads = i.as(new IdPayload(true, IdPayload.ID_FQDN, seed, new Gen(seed).octets(0, 90)));
      } else if (seed % 5 == 0) {
        payloads =
            i.as(
                new IdPayload(
                    true,
                    2,
                    0,
                    octets("x\r\n[ERROR] y\u001b".getBytes(StandardCharsets.US_ASCII))));
      }
      List<Action> actions = i.deliver(payloads);
      String shown =
          actions + " " + i.b.events + " " + i.b.endpoint().view() + " " + payloads + i.b.drops;
      assertThat(shown.chars()).as("seed %d", seed).noneMatch(Character::isISOControl);
    }
  }
}
