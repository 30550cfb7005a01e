package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.MessageLog;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines that an operator reads who switches debugging on. */
class MessageLogSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a.pods.test", "10.0.0.1", 1);
  private final Host b = world.host("b.pods.test", "10.0.0.2", 2);
  private final List<String> lines = new ArrayList<>();
  private boolean enabled = true;

  private void establish(int fragmentSize) {
    IkeOptions options =
        IkeOptions.DEFAULT
            .withFragmentSize(fragmentSize)
            .withMessages(new MessageLog(() -> enabled, lines::add));
    a.options(options);
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).containsExactly(1);
  }

  /** A line without its SPIs, which are random. */
  private List<String> withoutSpis() {
    return lines.stream().map(l -> l.replaceFirst(" [0-9a-f]{16}:[0-9a-f]{16}", "")).toList();
  }

  @Test
  void aHandshakeIsFourLines() {
    establish(1280);
    List<String> seen = withoutSpis();
    assertThat(seen).hasSize(4);
    assertThat(seen.get(0))
        .startsWith("10.0.0.1:500 -> 10.0.0.2:500 IKE_SA_INIT request 0 {SA(1: IKE AES_GCM_16-256")
        .contains("KE(X25519) Ni N(NAT_DETECTION_SOURCE_IP)")
        .endsWith("}");
    assertThat(seen.get(1)).startsWith("10.0.0.2:500 -> 10.0.0.1:500 IKE_SA_INIT response 0 {SA(");
    assertThat(seen.get(2))
        .startsWith(
            "10.0.0.1:4500 -> 10.0.0.2:4500 IKE_AUTH request 1 SK{IDi(a.pods.test)"
                + " N(INITIAL_CONTACT) IDr(b.pods.test) AUTH(shared key)")
        .contains("TSi(10.0.0.1) TSr(10.0.0.2)");
    assertThat(seen.get(3))
        .startsWith("10.0.0.2:4500 -> 10.0.0.1:4500 IKE_AUTH response 1 SK{IDr(b.pods.test)");
    // RFC 7296 §1.3.1: neither end may pad what it sends us.
    assertThat(seen.subList(2, 4))
        .allMatch(line -> line.contains("N(ESP_TFC_PADDING_NOT_SUPPORTED)"));
  }

  @Test
  void fragmentsAreOneLine() {
    establish(256);
    assertThat(withoutSpis()).hasSize(4);
    assertThat(withoutSpis().get(2)).endsWith("} in 2 fragments");
  }

  @Test
  void whatIsDroppedIsOneLineWithItsReason() {
    establish(1280);
    lines.clear();
    Keys.IkeSaKeys sa = b.keys.last();
    byte[] clear =
        MessageEncoder.clear(
            new io.podseal.protocol.message.IkeHeader(
                sa.spiInitiator(),
                sa.spiResponder(),
                io.podseal.protocol.message.ExchangeType.INFORMATIONAL,
                false,
                false,
                0),
            List.of());
    a.ike(clear, new Endpoint(b.address, 4500), 4500);
    assertThat(withoutSpis())
        .containsExactly(
            "10.0.0.2:4500 -> 10.0.0.1:4500 INFORMATIONAL request 0 {}",
            "10.0.0.2:4500 -> 10.0.0.1:4500 INFORMATIONAL request 0 dropped: ike_not_encrypted");
  }

  @Test
  void nothingIsWrittenUnlessSomebodyReads() {
    enabled = false;
    establish(1280);
    assertThat(lines).isEmpty();
  }
}
