package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Message ID synchronisation (RFC 6311) lets a cluster member that takes over an IKE SA say which
 * message IDs come next, in a request with message ID 0 outside the window. A pod is no cluster,
 * nobody takes over its SAs, and a restarted one begins anew with INITIAL_CONTACT; so we never
 * announce the extension, and a peer must not use it then (§5.1 there). What remains to be shown is
 * that such a request, even from a peer with the keys, moves nothing: the tests "disabled" and
 * "sender_too_low" of strongSwan's suite ike_mid_sync. {@link StrongSwanSuitesTest} says why its
 * others have no namesake.
 */
@SuppressWarnings("MemberName") // the names are to be found in the other suite
class IkeMidSyncScenariosTest {
  private static final int MESSAGE_ID_SYNC_SUPPORTED = 16420;
  private static final int MESSAGE_ID_SYNC = 16422;

  private final World world = new World(0);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void establish() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    b.send(a, 0);
    world.run(Duration.ofSeconds(1));
    // At one moment: nobody waits for a sign of life.
    a.send(b, 1);
    b.send(a, 1);
    world.run(Duration.ofSeconds(1));
  }

  /**
   * The other end is told by {@code from}, which has the keys: my next request is {@code send}, I
   * expect {@code receive} from you.
   */
  private List<Action> sync(Host from, int messageId, int send, int receive) {
    Keys.IkeSaKeys keys = a.keys.last();
    IkeHeader header =
        new IkeHeader(
            keys.spiInitiator(),
            keys.spiResponder(),
            ExchangeType.INFORMATIONAL,
            from == a,
            false,
            messageId);
    Bytes data = Bytes.ofHex("01020304%08x%08x".formatted(send, receive));
    Host to = from == a ? b : a;
    return to.ike(
        Forge.seal(keys.copy(), header, List.of(NotifyPayload.of(MESSAGE_ID_SYNC, data))),
        new Endpoint(from.address, 4500),
        4500);
  }

  /** {@code from} asks whether the other lives, and is answered; the message ID of that. */
  private int asksForLife(Host from) {
    Host to = from == a ? b : a;
    world.run(Duration.ofSeconds(11));
    Operation.LIVENESS.begin(from, to);
    world.run(Duration.ofMillis(10));
    World.Sent answer = world.sent.getLast();
    assertThat(answer).matches(s -> s.is(to, ExchangeType.INFORMATIONAL, true));
    return Forge.value(MessageDecoder.decode(answer.ike())).header().messageId();
  }

  /** b, the responder, has sent {@code ofB} requests and a as many and the two of the handshake. */
  private void assertRefusedAfter(int ofA, int ofB, int send, int receive) {
    for (int i = 0; i < ofA; i++) {
      asksForLife(a);
    }
    for (int i = 0; i < ofB; i++) {
      asksForLife(b);
    }
    List<Bytes> before = world.sent.stream().map(s -> Bytes.copyOf(s.ike())).toList();
    assertThat(
            sync(b, 0, send, receive).stream()
                .filter(Action.Send.class::isInstance)
                .map(s -> Bytes.copyOf(((Action.Send) s).message())))
        .as("a's answers, but for one that it has given before")
        .allMatch(before::contains);
    assertThat(asksForLife(a)).isEqualTo(2 + ofA);
    assertThat(asksForLife(b)).isEqualTo(ofB);
  }

  @ParameterizedTest
  @CsvSource({"0,1,1,2", "0,1,2,2", "1,1,1,3", "1,1,2,4", "1,2,2,4"})
  void disabled(int ofA, int ofB, int send, int receive) {
    assertRefusedAfter(ofA, ofB, send, receive);
  }

  /** Nothing here judges what is too low: it is refused like any other. */
  @ParameterizedTest
  @CsvSource({"0,1,0,2", "1,2,0,0", "1,2,1,3"})
  void sender_too_low(int ofA, int ofB, int send, int receive) {
    assertRefusedAfter(ofA, ofB, send, receive);
  }

  /** With the message ID that is due it is an INFORMATIONAL with a notify that nobody knows. */
  @Test
  void disabled_with_the_id_that_is_due() {
    List<Action> actions = sync(b, 0, 5, 8);
    assertThat(actions.stream().filter(Action.Send.class::isInstance))
        .singleElement()
        .satisfies(s ->
            assertThat(Forge.open(a.keys.last().copy(), ((Action.Send) s).message()).payloads())
                .isEmpty());
    assertThat(asksForLife(a)).isEqualTo(2);
  }

  private void assertNothingMoved() {
    int sentBefore = world.sent.size();
    a.run(a.endpoint().rekeyChild(b.identity, a.now()));
    world.run(Duration.ofSeconds(1));
    b.run(b.endpoint().rekeyChild(a.identity, b.now()));
    world.run(Duration.ofSeconds(10));
    // Two rekeys and two deletes, each answered at once.
    assertThat(world.sent.size() - sentBefore).isEqualTo(8);
    assertThat(a.childrenWith(b)).isEqualTo(1);
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  @Test
  void the_extension_is_not_announced() {
    assertThat(
            world.sent.stream()
                .filter(s ->
                    s.is(a, ExchangeType.IKE_AUTH, false) || s.is(b, ExchangeType.IKE_AUTH, true))
                .map(s -> Forge.open(a.keys.last().copy(), s.ike())))
        .hasSize(2)
        .noneMatch(m -> m.has(MESSAGE_ID_SYNC_SUPPORTED));
    assertNothingMoved();
  }

  @Test
  void initiator_and_responder_tables() {
    for (int send : new int[] {0, 1, 2, 3, 100, -1}) {
      for (int receive : new int[] {0, 1, 2, 3, 100, -1}) {
        sync(a, 0, send, receive);
      }
    }
    assertNothingMoved();
  }

  @Test
  void with_an_id_of_the_future() {
    sync(a, 1000, 5, 5);
    assertNothingMoved();
  }
}
