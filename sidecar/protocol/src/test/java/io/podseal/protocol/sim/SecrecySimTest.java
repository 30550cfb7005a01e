package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.MessageLog;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No octet of a key is in anything that people read: messages, events, views, actions. */
class SecrecySimTest {
  private static final String PSK = "the pre-shared key of the two";
  private static final String PPK = "the post-quantum key of the two";
  private static final String CRASH_SECRET = "the secret behind crash tokens..";

  private final World world = new World(1);
  private final Host a = world.host("a.pods.test", "10.0.0.1", 1);
  private final Host b = world.host("b.pods.test", "10.0.0.2", 2);
  private final List<String> messages = new ArrayList<>();

  private static SecretBytes secret(String text) {
    return SecretBytes.copyOf(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static PresharedKey key() {
    Bytes name = Bytes.copyOf(new byte[] {1});
    return new PresharedKey(1, secret(PSK), true, Optional.of(new Ppk(name, secret(PPK), true)));
  }

  private void lookAt(Host host, List<String> places) {
    host.events.forEach(event -> places.add(event.toString()));
    host.endpoint().view().forEach(view -> places.add(view.toString()));
    host.peers.forEach(peer -> places.add(peer.toString()));
  }

  private void act(Host host, List<Action> actions, List<String> places) {
    actions.forEach(action -> places.add(action.toString()));
    host.run(actions);
    world.run(Duration.ofSeconds(10));
    lookAt(a, places);
    lookAt(b, places);
  }

  /** Everything secret that either end computed or was given. */
  private List<byte[]> secrets() {
    var all = new ArrayList<byte[]>();
    for (var host : List.of(a, b)) {
      all.addAll(host.crypto.seen());
      host.keys.children.forEach(all::add);
      for (var sa : host.keys.ike) {
        var keys = sa.copy();
        Stream.of(
                keys.skD(),
                keys.skAi(),
                keys.skAr(),
                keys.skEi(),
                keys.skEr(),
                keys.skPi(),
                keys.skPr())
            .filter(key -> key.length() > 0)
            .forEach(key -> all.add(key.use(byte[]::clone)));
      }
    }
    for (var text : List.of(PSK, PPK, CRASH_SECRET)) {
      all.add(text.getBytes(StandardCharsets.US_ASCII));
    }
    return all;
  }

  private static Stream<String> forms(byte[] secret) {
    // The beginning of each form is as good as all of it.
    byte[] octets = Arrays.copyOf(secret, 12);
    return Stream.of(
        HexFormat.of().formatHex(octets),
        HexFormat.of().withUpperCase().formatHex(octets),
        HexFormat.ofDelimiter(":").formatHex(octets),
        HexFormat.ofDelimiter(" ").formatHex(octets),
        Base64.getEncoder().encodeToString(octets),
        new String(octets, StandardCharsets.ISO_8859_1),
        Arrays.toString(octets).replaceAll("[\\[\\]]", ""));
  }

  @Test
  void noKeyIsInTheTextOfMessagesEventsViewsOrActions() {
    for (var host : List.of(a, b)) {
      host.options(
          IkeOptions.DEFAULT
              .withQcdSecret(secret(CRASH_SECRET))
              .withMessages(new MessageLog(() -> true, messages::add)));
      host.crypto.watch();
    }
    a.knows(b, Lifetimes.DEFAULT, CryptoOffer.HYBRID, ChildPolicy.BETWEEN_PODS, key());
    b.knows(a, Lifetimes.DEFAULT, CryptoOffer.HYBRID, ChildPolicy.BETWEEN_PODS, key());
    var places = new ArrayList<String>();
    a.send(b, 1);
    world.run(Duration.ofSeconds(10));
    assertThat(b.received).containsExactly(1);
    lookAt(a, places);
    act(a, a.endpoint().rekeyChild(b.identity, a.now()), places);
    act(b, b.endpoint().rekeyIkeSa(a.identity, b.now()), places);
    act(a, a.endpoint().replaceIkeSa(b.identity, a.now()), places);
    act(b, b.endpoint().shutdown(b.now()), places);
    places.addAll(messages);

    assertThat(messages).anyMatch(m -> m.contains("IKE_INTERMEDIATE"));
    assertThat(messages).anyMatch(m -> m.contains("IKE_FOLLOWUP_KE"));
    assertThat(a.keys.ike).as("initial, rekeyed, replaced").hasSizeGreaterThanOrEqualTo(3);
    var secrets = secrets();
    assertThat(secrets).hasSizeGreaterThan(50);
    String everything = String.join("\n", places);
    for (byte[] secret : secrets) {
      assertThat(forms(secret)).noneMatch(everything::contains);
    }
  }
}
