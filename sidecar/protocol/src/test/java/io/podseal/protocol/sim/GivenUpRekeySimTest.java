package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeTimers;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.Pfs;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two rekeys by several key exchanges cross, ours gives way, and then the peer never goes on with
 * its own (RFC 9370 §2.2.4): ours is tried again once the peer's has timed out.
 */
class GivenUpRekeySimTest {
  enum Answer {
    /** The peer's end has nothing to do with ours while its own is under way. */
    TEMPORARY_FAILURE,
    /** The peer's end goes on with ours, and its nonces say that ours is the one to go. */
    LOWEST_NONCE
  }

  /** After IKE_SA_INIT, IKE_INTERMEDIATE and IKE_AUTH. */
  private static final int NEXT_ID = 3;

  private static final int PEERS_SPI = 0x10000;
  private static final NotifyPayload LINK =
      NotifyPayload.of(NotifyType.ADDITIONAL_KEY_EXCHANGE, Bytes.ofHex("0badcafe"));

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);

  private Keys.IkeSaKeys establish() {
    world.state.forged();
    world.wire.forged();
    for (Host host : List.of(a, b)) {
      host.offer = CryptoOffer.HYBRID;
      host.knows(host == a ? b : a, Lifetimes.DEFAULT, Host.key(1, "k"));
    }
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    world.block(p -> p instanceof World.Ike);
    world.record();
    return b.keys.last();
  }

  @ParameterizedTest
  @EnumSource
  void aRekeyOfAChildIsTriedAgain(Answer answer) {
    Keys.IkeSaKeys sa = establish();
    b.run(b.endpoint().rekeyChild(a.identity, b.now()));
    List<Payload> request = new ArrayList<>();
    request.add(
        NotifyPayload.aboutChild(
            SecurityProtocol.ESP, NotifyType.REKEY_SA, b.outboundSpiTo(a).orElseThrow()));
    request.addAll(
        child(new SaPayload(Proposals.esp(CryptoOffer.HYBRID, PEERS_SPI, Pfs.REQUIRED)), 0xff));
    asks(sa, request);

    IkeMessage ours = requests(sa).getFirst();
    Proposal chosen =
        Proposals.selectEsp(offered(ours), CryptoOffer.HYBRID, Pfs.REQUIRED, PEERS_SPI + 1)
            .orElseThrow()
            .answer();
    List<Payload> agreed = new ArrayList<>(child(new SaPayload(List.of(chosen)), 0));
    agreed.add(LINK);
    answers(sa, ours, answer, agreed);

    assertTriedAgain(sa);
  }

  @ParameterizedTest
  @EnumSource
  void aRekeyOfTheIkeSaIsTriedAgain(Answer answer) {
    Keys.IkeSaKeys sa = establish();
    b.run(b.endpoint().rekeyIkeSa(a.identity, b.now()));
    asks(
        sa,
        List.of(
            new SaPayload(Proposals.ike(CryptoOffer.HYBRID, Bytes.ofLong(PEERS_SPI))),
            nonce(0xff),
            Stranger.KEY));

    IkeMessage ours = requests(sa).getFirst();
    Proposal chosen =
        Proposals.selectIke(offered(ours), CryptoOffer.HYBRID, Bytes.ofLong(PEERS_SPI + 1))
            .orElseThrow()
            .answer();
    answers(
        sa, ours, answer, List.of(new SaPayload(List.of(chosen)), nonce(0), Stranger.KEY, LINK));

    assertTriedAgain(sa);
  }

  private void assertTriedAgain(Keys.IkeSaKeys sa) {
    Instant given = world.now();
    world.sent.clear();
    world.run(IkeTimers.FOLLOWUP_TIMEOUT);
    assertThat(requests(sa)).as("while the peer may still go on").isEmpty();
    world.run(IkeTimers.TEMPORARY_FAILURE_BACKOFF.plus(IkeTimers.TEMPORARY_FAILURE_SPREAD));
    assertThat(requests(sa)).as("since %s", given).isNotEmpty();
    assertThat(requests(sa).getFirst().header().exchange()).isEqualTo(ExchangeType.CREATE_CHILD_SA);
  }

  private void asks(Keys.IkeSaKeys sa, List<Payload> payloads) {
    arrives(sa, header(sa, false, NEXT_ID), payloads);
    assertThat(sentBy(b, sa, true).getLast().has(NotifyType.ADDITIONAL_KEY_EXCHANGE))
        .as("b goes along with the peer's rekey")
        .isTrue();
  }

  private void answers(Keys.IkeSaKeys sa, IkeMessage ours, Answer answer, List<Payload> agreement) {
    arrives(
        sa,
        header(sa, true, ours.header().messageId()),
        answer == Answer.LOWEST_NONCE
            ? agreement
            : List.of(NotifyPayload.of(NotifyType.TEMPORARY_FAILURE)));
  }

  private void arrives(Keys.IkeSaKeys sa, IkeHeader header, List<Payload> payloads) {
    b.ike(Forge.seal(sa.copy(), header, payloads), new Endpoint(a.address, 4500), 4500);
  }

  private static IkeHeader header(Keys.IkeSaKeys sa, boolean response, int messageId) {
    return new IkeHeader(
        sa.spiInitiator(),
        sa.spiResponder(),
        ExchangeType.CREATE_CHILD_SA,
        true,
        response,
        messageId);
  }

  private List<IkeMessage> requests(Keys.IkeSaKeys sa) {
    return sentBy(b, sa, false);
  }

  private List<IkeMessage> sentBy(Host host, Keys.IkeSaKeys sa, boolean response) {
    return world.sent.stream()
        .filter(s ->
            s.is(host, ExchangeType.CREATE_CHILD_SA, response)
                || s.is(host, ExchangeType.IKE_FOLLOWUP_KE, response))
        .map(s -> Forge.open(sa.copy(), s.ike()))
        .toList();
  }

  private static List<Proposal> offered(IkeMessage request) {
    return request.first(SaPayload.class).orElseThrow().proposals();
  }

  private List<Payload> child(SaPayload proposals, int nonce) {
    // The initiator of the exchange comes first; both ends have one address only.
    Host initiator = nonce == 0 ? b : a;
    Host responder = nonce == 0 ? a : b;
    return List.of(
        NotifyPayload.of(NotifyType.USE_TRANSPORT_MODE),
        proposals,
        nonce(nonce),
        Stranger.KEY,
        new TsPayload(true, List.of(TrafficSelector.host(initiator.address))),
        new TsPayload(false, List.of(TrafficSelector.host(responder.address))));
  }

  private static NoncePayload nonce(int octet) {
    byte[] nonce = new byte[32];
    Arrays.fill(nonce, (byte) octet);
    return new NoncePayload(Bytes.copyOf(nonce));
  }
}
