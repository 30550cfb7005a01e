package io.podseal.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.policy.TransformType;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MessageTextTest {
  private static final IkeHeader REQUEST =
      new IkeHeader(1, 2, ExchangeType.CREATE_CHILD_SA, true, false, 3);

  private static String text(Payload... payloads) {
    return MessageText.of(REQUEST, List.of(payloads), true);
  }

  private static String inside(Payload payload) {
    String text = text(payload);
    return text.substring("CREATE_CHILD_SA request 3 SK{".length(), text.length() - 1);
  }

  private static NotifyPayload notify(int type, String hex) {
    return NotifyPayload.of(type, Bytes.ofHex(hex));
  }

  @Test
  void aMessageReadsLikeTheRfcWritesIt() {
    Proposal proposal =
        new Proposal(
            1,
            Proposal.ESP,
            Bytes.ofHex("c1234567"),
            List.of(
                Transform.of(TransformType.ENCR, 20, 256),
                Transform.of(TransformType.KE, 31),
                Transform.of(TransformType.SN, 1)));
    assertThat(
            text(
                NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.REKEY_SA, 0xc0000001),
                new SaPayload(List.of(proposal)),
                new NoncePayload(new Gen(1).octets(32, 32)),
                new KePayload(31, new Gen(2).octets(32, 32)),
                new TsPayload(
                    true, List.of(TrafficSelector.host(InetAddress.ofLiteral("10.0.0.1")))),
                new TsPayload(
                    false,
                    List.of(
                        new TrafficSelector(
                            TrafficSelector.IPV4_RANGE,
                            6,
                            80,
                            81,
                            Bytes.ofHex("0a000000"),
                            Bytes.ofHex("0a0000ff"))))))
        .isEqualTo(
            "CREATE_CHILD_SA request 3 SK{N(REKEY_SA ESP c0000001)"
                + " SA(1: ESP c1234567 AES_GCM_16-256 X25519 ESN) Ni KE(X25519)"
                + " TSi(10.0.0.1) TSr(10.0.0.0-10.0.0.255/6:80-81)}");
    IkeHeader response = new IkeHeader(1, 2, ExchangeType.IKE_SA_INIT, false, true, 0);
    assertThat(
            MessageText.of(response, List.of(new NoncePayload(new Gen(1).octets(32, 32))), false))
        .isEqualTo("IKE_SA_INIT response 0 {Nr}");
  }

  @Test
  void errorsSayWhatIsWrongOrWanted() {
    assertThat(inside(notify(NotifyType.INVALID_KE_PAYLOAD, "0013")))
        .isEqualTo("N(INVALID_KE_PAYLOAD wants P256)");
    assertThat(inside(notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, "c9")))
        .isEqualTo("N(UNSUPPORTED_CRITICAL_PAYLOAD payload 201)");
    assertThat(inside(notify(NotifyType.INVALID_MESSAGE_ID, "ffffffff")))
        .isEqualTo("N(INVALID_MESSAGE_ID 4294967295)");
    assertThat(
            inside(
                NotifyPayload.aboutChild(SecurityProtocol.ESP, NotifyType.CHILD_SA_NOT_FOUND, 7)))
        .isEqualTo("N(CHILD_SA_NOT_FOUND ESP 00000007)");
    assertThat(inside(notify(16431, "0002"))).isEqualTo("N(SIGNATURE_HASH_ALGORITHMS)");
    assertThat(inside(notify(60_000, "00"))).isEqualTo("N(NOTIFY_60000)");
  }

  @Test
  void deletesAndUnknownPayloadsAreNamed() {
    assertThat(inside(DeletePayload.ike())).isEqualTo("D(IKE)");
    assertThat(inside(DeletePayload.child(SecurityProtocol.ESP, 0xc0000001)))
        .isEqualTo("D(ESP c0000001)");
    assertThat(inside(new OpaquePayload(201, true, Bytes.ofHex("0102"))))
        .isEqualTo("payload 201(2 octets, critical)");
    assertThat(inside(new OpaquePayload(PayloadType.CERT, true, Bytes.ofHex("0102"))))
        .isEqualTo("CERT(2 octets)");
  }

  @Test
  void valuesThatProveSomethingAreNotShown() {
    Bytes value = Bytes.ofHex("deadbeefdeadbeefdeadbeefdeadbeef");
    for (Payload payload :
        List.of(
            new AuthPayload(2, value),
            new NoncePayload(value),
            new KePayload(31, value),
            NotifyPayload.of(NotifyType.COOKIE, value),
            NotifyPayload.of(16419, value),
            NotifyPayload.of(16437, value),
            new OpaquePayload(PayloadType.EAP, false, value),
            new OpaquePayload(PayloadType.CONFIGURATION, false, value))) {
      assertThat(text(payload)).doesNotContain("dead");
    }
  }

  @Test
  void whatAPeerCallsItselfStaysOnTheLine() {
    IdPayload id =
        new IdPayload(
            true,
            2,
            0,
            Bytes.copyOf("a\r\n10.0.0.1 -> forged".getBytes(StandardCharsets.US_ASCII)));
    assertThat(inside(id)).startsWith("IDi(610d0a31").doesNotContain("\n");
    assertThat(inside(new IdPayload(false, 1, 0, Bytes.ofHex("0a000001"))))
        .isEqualTo("IDr(10.0.0.1)");
    assertThat(inside(new IdPayload(false, 1, 0, Bytes.ofHex("0a0001")))).isEqualTo("IDr(0a0001)");
  }

  @Test
  void noMessageMakesALineWithoutEndOrThrows() {
    Transform transform = new Transform(99, 99, Optional.of(1), true);
    Proposal large = new Proposal(1, 9, Bytes.EMPTY, Collections.nCopies(255, transform));
    assertThat(text(new SaPayload(Collections.nCopies(50, large)))).hasSizeLessThan(2_100);
    for (long seed = 0; seed < 3_000; seed++) {
      Gen gen = new Gen(seed);
      String line = MessageText.of(gen.header(), gen.payloads(), true);
      assertThat(line).hasSizeLessThan(2_100);
      assertThat(line.chars()).allMatch(c -> c >= ' ' && c <= '~');
    }
  }
}
