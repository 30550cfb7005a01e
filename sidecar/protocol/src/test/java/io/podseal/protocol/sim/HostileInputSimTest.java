package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.InitAnswer;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What somebody without keys can send to two pods, on the path between them or off it. */
class HostileInputSimTest {
  private static final int[] ERRORS = {
    NotifyType.INVALID_IKE_SPI,
    NotifyType.INVALID_SYNTAX,
    NotifyType.INVALID_SPI,
    NotifyType.NO_PROPOSAL_CHOSEN,
    NotifyType.INVALID_KE_PAYLOAD,
    NotifyType.AUTHENTICATION_FAILED,
    NotifyType.TS_UNACCEPTABLE
  };

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void declare() {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
  }

  private void establish() {
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
  }

  private void assertStillTalking() {
    int number = 100_000 + a.received.size() + b.received.size();
    a.send(b, number);
    b.send(a, number);
    world.run(Duration.ofMillis(5));
    assertThat(a.received).contains(number);
    assertThat(b.received).contains(number);
  }

  private static Endpoint at(Host host, int port) {
    return new Endpoint(host.address, port);
  }

  private static List<Action.Send> sends(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(Action.Send.class::cast)
        .toList();
  }

  private static IkeHeader header(byte[] message) {
    return Forge.value(MessageDecoder.decode(message)).header();
  }

  @Test
  void extra_clear_notify_errorsDoNotEndAnSa() {
    establish();
    Keys.IkeSaKeys sa = a.keys.last();
    for (int error : ERRORS) {
      for (ExchangeType exchange : ExchangeType.values()) {
        for (int variant = 0; variant < 16; variant++) {
          IkeHeader header =
              new IkeHeader(
                  sa.spiInitiator(),
                  sa.spiResponder(),
                  exchange,
                  (variant & 1) != 0,
                  (variant & 2) != 0,
                  variant >> 2);
          byte[] message = MessageEncoder.clear(header, List.of(NotifyPayload.of(error)));
          assertThat(sends(a.ike(message, at(b, 4500), 4500))).isEmpty();
          assertThat(sends(b.ike(message, at(a, 4500), 4500))).isEmpty();
        }
      }
    }
    assertThat(a.drops(DropReason.IKE_NOT_ENCRYPTED)).isPositive();
    assertThat(b.drops(DropReason.IKE_NOT_ENCRYPTED)).isPositive();
    assertStillTalking();
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
  }

  @Test
  void extra_clear_notify_errorsDoNotEndAnAttempt() {
    world.hold(s -> s.is(b, ExchangeType.IKE_SA_INIT, true));
    a.send(b, 1);
    world.run(Duration.ofMillis(10));
    IkeHeader request = header(world.sent.getFirst().ike());
    for (int error : ERRORS) {
      IkeHeader answer =
          new IkeHeader(request.spiInitiator(), 0, ExchangeType.IKE_SA_INIT, false, true, 0);
      byte[] message = MessageEncoder.clear(answer, List.of(NotifyPayload.of(error)));
      assertThat(sends(a.ike(message, at(b, 500), 500))).isEmpty();
    }
    assertThat(a.drops(DropReason.IKE_UNEXPECTED)).isEqualTo(ERRORS.length);
    world.release();
    world.hold(s -> s.is(b, ExchangeType.IKE_AUTH, true));
    world.run(Duration.ofMillis(10));
    for (int error : ERRORS) {
      IkeHeader answer =
          new IkeHeader(
              a.keys.last().spiInitiator(),
              a.keys.last().spiResponder(),
              ExchangeType.IKE_AUTH,
              false,
              true,
              1);
      a.ike(MessageEncoder.clear(answer, List.of(NotifyPayload.of(error))), at(b, 4500), 4500);
    }
    assertThat(a.drops(DropReason.IKE_NOT_ENCRYPTED)).isEqualTo(ERRORS.length);
    world.release();
    world.run(Duration.ofMillis(10));
    assertThat(b.received).containsExactly(1);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
  }

  @Test
  void extra_reflection_ownMessagesSentBackChangeNothing() {
    establish();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    for (World.Sent sent : List.copyOf(world.sent)) {
      Host peer = sent.from() == a ? b : a;
      sent.from().ike(sent.ike(), at(peer, sent.to().port()), sent.to().port());
    }
    world.run(Duration.ofMillis(10));
    assertStillTalking();
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    assertThat(a.events(ProtocolEvent.IkeSaClosed.class)).isEmpty();
  }

  @Test
  void extra_reflection_aMessageWithOurOwnRoleIsCounted() {
    establish();
    Keys.IkeSaKeys sa = a.keys.last();
    IkeHeader asInitiator =
        new IkeHeader(
            sa.spiInitiator(), sa.spiInitiator(), ExchangeType.INFORMATIONAL, true, false, 0);
    a.ike(Forge.seal(sa.copy(), asInitiator, List.of()), at(b, 4500), 4500);
    assertThat(a.drops(DropReason.IKE_REFLECTED)).isEqualTo(1);
    assertStillTalking();
  }

  @Test
  void extra_sa_init_replay_everyMessageAgainIsDroppedOrAnsweredWithTheSameOctets() {
    establish();
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    List<World.Sent> history = List.copyOf(world.sent);
    int children = a.events(ProtocolEvent.ChildSaInstalled.class).size();
    for (World.Sent sent : history) {
      Host target = sent.from() == a ? b : a;
      for (Action.Send again :
          sends(target.ike(sent.ike(), at(sent.from(), sent.to().port()), sent.to().port()))) {
        assertThat(history.stream().map(World.Sent::ike)).contains(again.message());
      }
    }
    assertThat(b.drops(DropReason.IKE_DUPLICATE)).isEqualTo(1);
    assertThat(a.drops(DropReason.IKE_DUPLICATE)).isEqualTo(1);
    assertThat(b.drops(DropReason.IKE_MESSAGE_ID)).isPositive();
    assertThat(a.drops(DropReason.IKE_MESSAGE_ID)).isPositive();
    assertStillTalking();
    assertThat(a.events(ProtocolEvent.ChildSaInstalled.class)).hasSize(children);
  }

  @Test
  void theLastRequestRepeatedGetsTheSameOctetsAgain() {
    establish();
    World.Sent request =
        world.sent.stream()
            .filter(s -> s.is(a, ExchangeType.IKE_AUTH, false))
            .findFirst()
            .orElseThrow();
    World.Sent answer =
        world.sent.stream()
            .filter(s -> s.is(b, ExchangeType.IKE_AUTH, true))
            .findFirst()
            .orElseThrow();
    for (int i = 0; i < 3; i++) {
      List<Action.Send> again = sends(b.ike(request.ike(), at(a, 4500), 4500));
      assertThat(again).hasSize(1);
      assertThat(again.getFirst().message()).isEqualTo(answer.ike());
      assertThat(again.getFirst().message().length).isLessThanOrEqualTo(request.ike().length);
    }
  }

  @Test
  void octetsThatAreNoMessageAreCountedByWhatIsWrong() {
    b.ike(new byte[3], at(a, 500), 500);
    assertThat(b.drops(DropReason.IKE_HEADER)).isEqualTo(1);
    byte[] stranger =
        MessageEncoder.clear(
            new IkeHeader(7, 8, ExchangeType.INFORMATIONAL, true, false, 0), List.of());
    b.ike(stranger, at(a, 4500), 4500);
    assertThat(b.drops(DropReason.IKE_UNKNOWN_SPI)).isEqualTo(1);
    stranger[17] = 0x10;
    b.ike(stranger, at(a, 4500), 4500);
    assertThat(b.drops(DropReason.IKE_VERSION)).isEqualTo(1);
    assertThat(world.sent).isEmpty();
  }

  /**
   * One bit of one octet of one message of the handshake is flipped on its way, for every octet.
   * Whatever that breaks, the application's next packets bring the pods together.
   */
  @Test
  void aFlippedBitAnywhereInAHandshakeOnlyDelaysIt() {
    establish();
    List<Integer> lengths = world.sent.stream().limit(4).map(s -> s.ike().length).toList();
    assertThat(lengths).hasSize(4);
    Random random = new Random(5);
    int broken = 0;
    for (int message = 0; message < 4; message++) {
      for (int octet = 0; octet < lengths.get(message); octet++) {
        broken += handshake(message, octet, 1 << random.nextInt(8)) ? 0 : 1;
      }
    }
    assertThat(broken).isPositive();
  }

  /** Whether the first packet got through at once. */
  private static boolean handshake(int message, int octet, int bit) {
    World w = new World(message);
    Host x = w.host("a", "10.0.0.1", 1);
    Host y = w.host("b", "10.0.0.2", 2);
    x.knows(y, Lifetimes.DEFAULT, Host.key(1, "k"));
    y.knows(x, Lifetimes.DEFAULT, Host.key(1, "k"));
    int[] seen = {0};
    w.tamper(packet -> {
      if (packet instanceof World.Ike ike && seen[0]++ == message) {
        byte[] changed = ike.message().clone();
        changed[octet] ^= (byte) bit;
        return new World.Ike(changed, ike.fromPort());
      }
      return packet;
    });
    x.send(y, 0);
    w.run(Duration.ofMillis(100));
    boolean atOnce = !y.received.isEmpty();
    for (int second = 1; second < 90 && y.received.isEmpty(); second++) {
      x.send(y, second);
      w.run(Duration.ofSeconds(1));
    }
    assertThat(y.received).as("message %d octet %d bit %x", message, octet, bit).contains(0);
    w.run(Duration.ofSeconds(20));
    assertThat(x.establishedWith(y)).hasSize(1);
    assertThat(y.establishedWith(x)).hasSize(1);
    assertThat(y.receivesOn(x.outboundSpiTo(y).orElseThrow())).isTrue();
    return atOnce;
  }

  @Test
  void ourAnswerIsNoLongerThanTheLimitSays() {
    establish();
    byte[] answer =
        world.sent.stream()
            .filter(s -> s.is(b, ExchangeType.IKE_SA_INIT, true))
            .findFirst()
            .orElseThrow()
            .ike();
    Datagram decoded = Forge.value(MessageDecoder.decode(answer));
    assertThat(decoded.clear()).hasSize(7);
    byte[] request = world.sent.getFirst().ike();
    IkeMessage asked = Forge.value(MessageDecoder.decode(request)).clearMessage();
    assertThat(answer.length).isBetween(InitAnswer.longest(asked) - 8, InitAnswer.longest(asked));
  }
}
