package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.UnprotectedAnswer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.CloseReason;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Quick crash detection (RFC 6290): who restarted proves it, and nobody else can. */
class CrashDetectionSimTest {
  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  @BeforeEach
  void establish() {
    a.options(options(1));
    b.options(options(2));
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
    world.sent.clear();
  }

  private static IkeOptions options(int fill) {
    byte[] secret = new byte[32];
    Arrays.fill(secret, (byte) fill);
    return IkeOptions.DEFAULT.withQcdSecret(SecretBytes.adopt(secret));
  }

  /** {@code crashed} starts anew and hears of the old SA for the first time. */
  private Duration untilNoticed(Host crashed, Host other) {
    crashed.restart();
    // Its own handshake, which would end the old SA too, is not to be what we see.
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.IKE_SA_INIT, false));
    other.run(other.endpoint().rekeyChild(crashed.identity, world.now()));
    Instant asked = world.now();
    while (!closedAsCrashed(other) && world.now().isBefore(asked.plusSeconds(60))) {
      world.run(Duration.ofMillis(1));
    }
    return Duration.between(asked, world.now());
  }

  private static boolean closedAsCrashed(Host host) {
    return host.events(ProtocolEvent.IkeSaClosed.class).stream()
        .anyMatch(e -> e.reason() == CloseReason.PEER_CRASHED);
  }

  @Test
  void aRestartOfTheResponderIsNoticedInOneRoundTrip() {
    assertThat(untilNoticed(b, a)).isLessThanOrEqualTo(world.network.latency.multipliedBy(2));
    assertThat(a.childrenWith(b)).isZero();
    world.openAll();
    a.send(b, 7);
    world.run(Duration.ofMillis(20));
    assertThat(b.received).contains(7);
  }

  @Test
  void aRestartOfTheInitiatorIsNoticedInOneRoundTrip() {
    assertThat(untilNoticed(a, b)).isLessThanOrEqualTo(world.network.latency.multipliedBy(2));
  }

  @Test
  void theSaThatARekeyMadeHasATokenOfEachEnd() {
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    assertThat(untilNoticed(b, a)).isLessThanOrEqualTo(world.network.latency.multipliedBy(2));
  }

  @Test
  void theEndThatBeganARekeyLeavesItsTokenToo() {
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    assertThat(untilNoticed(a, b)).isLessThanOrEqualTo(world.network.latency.multipliedBy(2));
  }

  /** The token says that the peer has no such SA, which is also so once it has rekeyed it. */
  @Test
  void anSaThatThePeerHasRekeyedAndForgottenLeavesItsChildrenToTheNewOne() {
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, false));
    b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
    world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.INFORMATIONAL, false));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(IkeTimers.DELETE_TIMEOUT.plusSeconds(1));
    assertThat(a.establishedWith(b)).as("a's Delete was in vain").hasSize(1);

    world.openAll();
    world.release();
    world.run(Duration.ofMillis(100));
    assertThat(closedAsCrashed(b)).isTrue();
    assertThat(b.childrenWith(a)).isEqualTo(1);
    assertThat(b.establishedWith(a)).hasSize(1);
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    a.send(b, 7);
    b.send(a, 8);
    world.run(Duration.ofSeconds(1));
    assertThat(b.received).contains(7);
    assertThat(a.received).contains(8);
    assertThat(a.events(ProtocolEvent.IkeSaStarted.class)).hasSize(1);
    assertThat(b.events(ProtocolEvent.IkeSaStarted.class)).isEmpty();
  }

  @Test
  void anotherSecretProvesNothing() {
    b.options(options(3));
    assertThat(untilNoticed(b, a)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void aForgedTokenIsDroppedAndCounted() {
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    Datagram request = request(a);
    NotifyPayload forged = token(Bytes.copyOf(new byte[32]));
    int dropped = a.drops(DropReason.IKE_NOT_ENCRYPTED);
    List<Action> actions =
        a.ike(
            UnprotectedAnswer.invalidIkeSpi(request, List.of(forged, forged)),
            new Endpoint(b.address, 4500),
            4500);
    assertThat(actions).containsExactly(new Action.Drop(DropReason.IKE_NOT_ENCRYPTED));
    assertThat(a.drops(DropReason.IKE_NOT_ENCRYPTED)).isEqualTo(dropped + 1);
    world.run(Duration.ofSeconds(1));
    assertThat(a.establishedWith(b)).hasSize(1);
  }

  @Test
  void theTokenOfAnSaThatStandsIsNotToldWhicheverEndAsks() {
    long spiI = b.keys.last().spiInitiator();
    long spiR = b.keys.last().spiResponder();
    world.wire.delivered(b, protectedRequest(spiI, spiR, true));
    for (boolean fromInitiator : new boolean[] {true, false}) {
      assertThat(tokenFor(a, protectedRequest(spiI, spiR, fromInitiator))).isEmpty();
      assertThat(tokenFor(a, protectedRequest(spiI, spiR + 1, fromInitiator)))
          .isNotEqualTo(Optional.of(tokenOfB()));
    }
  }

  /** b has it already; a, whose rekey makes it, awaits the answer. */
  @Test
  void theTokenOfAnSaThatIsAboutToStandIsNotToldEither() {
    world.hold(s -> s.is(b, ExchangeType.CREATE_CHILD_SA, true));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofMillis(100));
    b.run(b.endpoint().rekeyChild(a.identity, world.now()));
    world.run(Duration.ofMillis(100));
    assertThat(a.drops(DropReason.IKE_UNKNOWN_SPI)).as("b's request on the new SA").isOne();
    assertThat(clearAnswers(a)).isNotEmpty().noneMatch(CrashDetectionSimTest::holdsToken);

    world.release();
    world.run(Duration.ofSeconds(10));
    assertThat(a.establishedWith(b)).hasSize(1);
    assertThat(untilNoticed(a, b)).isLessThanOrEqualTo(world.network.latency.multipliedBy(2));
  }

  private List<IkeMessage> clearAnswers(Host of) {
    return world.sent.stream()
        .filter(s -> s.from() == of)
        .map(s -> Forge.value(MessageDecoder.decode(s.ike())))
        .filter(d -> d.encrypted().isEmpty())
        .map(Datagram::clearMessage)
        .toList();
  }

  @Test
  void strangersGetNoToken() {
    long spiI = b.keys.last().spiInitiator();
    long spiR = b.keys.last().spiResponder();
    b.restart();
    byte[] request = protectedRequest(spiI, spiR, true);
    assertThat(answers(b.ike(request, Stranger.at(1), 4500)))
        .allMatch(m -> !m.has(NotifyType.QUICK_CRASH_DETECTION))
        .isNotEmpty();
    assertThat(tokenFor(a, request)).isPresent();
  }

  @Test
  void withoutASecretNothingIsAddedToIkeAuth() {
    Host c = world.host("c", "10.0.0.3", 3);
    Host d = world.host("d", "10.0.0.4", 4);
    c.knows(d, Lifetimes.DEFAULT, Host.key(1, "k"));
    d.knows(c, Lifetimes.DEFAULT, Host.key(1, "k"));
    c.send(d, 1);
    world.run(Duration.ofSeconds(1));
    assertThat(authMessages(c)).hasSize(2).noneMatch(CrashDetectionSimTest::holdsToken);
  }

  private List<IkeMessage> authMessages(Host of) {
    return world.sent.stream()
        .filter(s ->
            ((World.Ike) s.packet()).is(ExchangeType.IKE_AUTH, true)
                || ((World.Ike) s.packet()).is(ExchangeType.IKE_AUTH, false))
        .map(s -> Forge.open(of.keys.last().copy(), s.ike()))
        .toList();
  }

  private static boolean holdsToken(IkeMessage message) {
    return message.has(NotifyType.QUICK_CRASH_DETECTION);
  }

  private Bytes tokenOfB() {
    long spiI = b.keys.last().spiInitiator();
    long spiR = b.keys.last().spiResponder();
    return io.podseal.protocol.keymat.QcdToken.of(
        world.provider().prf(io.podseal.protocol.crypto.PrfAlgorithm.HMAC_SHA2_256),
        options(2).qcdSecret().orElseThrow(),
        spiI,
        spiR);
  }

  private Optional<Bytes> tokenFor(Host asking, byte[] request) {
    return answers(b.ike(request, new Endpoint(asking.address, 4500), 4500)).stream()
        .flatMap(m -> m.notify(NotifyType.QUICK_CRASH_DETECTION).stream())
        .map(NotifyPayload::data)
        .findFirst();
  }

  private static List<IkeMessage> answers(List<Action> actions) {
    return actions.stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> Forge.value(MessageDecoder.decode(((Action.Send) s).message())))
        .filter(d -> d.header().response() && d.encrypted().isEmpty())
        .map(Datagram::clearMessage)
        .toList();
  }

  private byte[] protectedRequest(long spiI, long spiR, boolean fromInitiator) {
    IkeHeader header =
        new IkeHeader(spiI, spiR, ExchangeType.INFORMATIONAL, fromInitiator, false, 7);
    return Forge.seal(
        b.keys.ike.getFirst().copy(), header, List.of(NotifyPayload.of(NotifyType.COOKIE)));
  }

  private Datagram request(Host from) {
    byte[] message =
        world.sent.stream()
            .filter(s -> s.is(from, ExchangeType.CREATE_CHILD_SA, false))
            .findFirst()
            .orElseThrow()
            .ike();
    return ((Decoded.Ok<Datagram>) MessageDecoder.decode(message)).value();
  }

  private static NotifyPayload token(Bytes data) {
    return new NotifyPayload(1, Bytes.EMPTY, NotifyType.QUICK_CRASH_DETECTION, data);
  }
}
