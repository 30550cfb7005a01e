package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Message ID synchronisation (RFC 6311) lets a cluster member that takes over an IKE SA say which
 * message IDs come next, in a request with message ID 0 outside the window. strongSwan's suite
 * ike_mid_sync is a table of such requests. It does not apply to us: a pod is no cluster, nobody
 * takes over its SAs, and a restarted one begins anew with INITIAL_CONTACT; so we never announce
 * the extension, and a peer must not use it then (§5.1 there). What remains to be shown is that
 * such a request, even from a peer with the keys, moves nothing.
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
  }

  /** What b is told: a's next request is {@code send}, a expects {@code receive} from b. */
  private void sync(int messageId, int send, int receive) {
    Keys.IkeSaKeys keys = a.keys.last();
    IkeHeader header =
        new IkeHeader(
            keys.spiInitiator(),
            keys.spiResponder(),
            ExchangeType.INFORMATIONAL,
            true,
            false,
            messageId);
    Bytes data = Bytes.ofHex("01020304%08x%08x".formatted(send, receive));
    b.ike(
        Forge.seal(keys.copy(), header, List.of(NotifyPayload.of(MESSAGE_ID_SYNC, data))),
        new Endpoint(a.address, 4500),
        4500);
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
        sync(0, send, receive);
      }
    }
    assertNothingMoved();
  }

  @Test
  void with_an_id_of_the_future() {
    sync(1000, 5, 5);
    assertNothingMoved();
  }
}
