package io.podseal.protocol.policy;

import static io.podseal.protocol.policy.TrafficSelector.IPV4_RANGE;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Narrowing.Narrowed;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The cases of RFC 7296 §2.9, seen from the responder: local is TSr, remote is TSi. */
final class NarrowingTest {
  private static final int TCP = 6;
  private static final int UDP = 17;

  private static final TrafficSelector OURS = net(0xc0000200, 24);
  private static final TrafficSelector THEIRS = net(0xc6336400, 24);

  @Test
  void proposalThatPolicyAllowsIsReturnedAsItIs() {
    TrafficSelectors offered =
        new TrafficSelectors(
            List.of(port(TCP, 80, 80, 0xc0000205), OURS),
            List.of(port(TCP, 4000, 4000, 0xc633642b), THEIRS));

    assertThat(Narrowing.narrow(offered, List.of(pair(net(0xc0000000, 8), THEIRS))))
        .contains(new Narrowed(offered, false));
  }

  @Test
  void entryThatAllowsEverythingWinsOverAnEarlierOneForTheFirstSelectors() {
    TrafficSelector first = port(TCP, 80, 80, 0xc0000205);
    TrafficSelectors offered = new TrafficSelectors(List.of(first, OURS), List.of(THEIRS));

    assertThat(Narrowing.narrow(offered, List.of(pair(first, THEIRS), pair(OURS, THEIRS))))
        .contains(new Narrowed(offered, false));
  }

  @Test
  void widerProposalIsCutToThePolicy() {
    TrafficSelectors offered = pair(net(0, 0), net(0, 0));
    TrafficSelectors policy = pair(OURS, THEIRS);

    assertThat(Narrowing.narrow(offered, List.of(policy))).contains(new Narrowed(policy, false));
  }

  @Test
  void nothingInCommonIsUnacceptable() {
    assertThat(Narrowing.narrow(pair(net(0x0a000000, 8), THEIRS), List.of(pair(OURS, THEIRS))))
        .isEmpty();
    assertThat(Narrowing.narrow(pair(OURS, net(0x0a000000, 8)), List.of(pair(OURS, THEIRS))))
        .isEmpty();
    assertThat(Narrowing.narrow(pair(OURS, THEIRS), List.of())).isEmpty();
    assertThat(
            Narrowing.narrow(
                new TrafficSelectors(List.of(), List.of(THEIRS)), List.of(pair(OURS, THEIRS))))
        .as("every selector of TSr was of an unknown type")
        .isEmpty();
  }

  @Test
  void sidesThatHaveNoProtocolInCommonAreUnacceptable() {
    TrafficSelectors offered =
        pair(port(TCP, 0, 0xffff, 0xc0000205), port(UDP, 0, 0xffff, 0xc633642b));

    assertThat(Narrowing.narrow(offered, List.of(pair(OURS, THEIRS)))).isEmpty();
  }

  @Test
  void choiceIncludesTheFirstSelectorsAndSaysThatThereIsMore() {
    TrafficSelector first = port(TCP, 80, 80, 0xc0000281);
    TrafficSelectors offered =
        new TrafficSelectors(
            List.of(first, OURS), List.of(port(TCP, 4000, 4000, 0xc633642b), THEIRS));
    TrafficSelectors low = pair(net(0xc0000200, 25), THEIRS);
    TrafficSelectors high = pair(net(0xc0000280, 25), THEIRS);

    Narrowed narrowed = Narrowing.narrow(offered, List.of(low, high)).orElseThrow();

    assertThat(narrowed.selectors().local()).containsExactly(first, net(0xc0000280, 25));
    assertThat(narrowed.selectors().remote()).isEqualTo(offered.remote());
    assertThat(narrowed.additionalPossible()).isTrue();
  }

  @Test
  void withoutAnAcceptableFirstSelectorAnySubsetWillDo() {
    TrafficSelectors offered =
        new TrafficSelectors(List.of(port(TCP, 80, 80, 0x0a000001), OURS), List.of(THEIRS, THEIRS));

    assertThat(Narrowing.narrow(offered, List.of(pair(OURS, THEIRS))))
        .contains(new Narrowed(pair(OURS, THEIRS), false));
  }

  @Test
  void firstSelectorOfTheOtherProtocolIsNoFirstSelector() {
    TrafficSelectors offered =
        new TrafficSelectors(
            List.of(port(TCP, 80, 80, 0xc0000205), OURS),
            List.of(port(UDP, 80, 80, 0xc633642b), THEIRS));
    TrafficSelectors udp = pair(port(UDP, 0, 0xffff, 0xc0000205), THEIRS);

    assertThat(Narrowing.narrow(offered, List.of(udp)).map(Narrowed::selectors))
        .hasValueSatisfying(s -> assertThat(udp.contains(s)).isTrue());
  }

  @Test
  void protocolAndPortsIntersectEachForItself() {
    TrafficSelectors offered = pair(port(0, 0, 0xffff, 0xc0000205), THEIRS);
    TrafficSelectors policy = pair(port(TCP, 443, 445, 0xc0000205), THEIRS);

    assertThat(Narrowing.narrow(offered, List.of(policy)).orElseThrow().selectors().local())
        .containsExactly(port(TCP, 443, 445, 0xc0000205));
  }

  @Test
  void opaqueIsPartOfAnyAndOfNoRange() {
    TrafficSelector opaque = port(TCP, 0xffff, 0, 0xc0000205);
    TrafficSelectors offered = pair(opaque, THEIRS);

    assertThat(Narrowing.narrow(offered, List.of(pair(OURS, THEIRS))))
        .contains(new Narrowed(offered, false));
    assertThat(Narrowing.narrow(offered, List.of(pair(port(TCP, 0, 0xfffe, 0xc0000205), THEIRS))))
        .isEmpty();
    assertThat(
            Narrowing.narrow(pair(OURS, THEIRS), List.of(offered))
                .orElseThrow()
                .selectors()
                .local())
        .containsExactly(opaque);
    assertThat(opaque).hasToString("192.0.2.5/6:opaque");
  }

  @Test
  void selectorThatNoPacketMatchesIsNoPartOfAChoiceNorOfAnAnswer() {
    TrafficSelector reversed =
        new TrafficSelector(IPV4_RANGE, 0, 500, 100, Bytes.ofInt(0), Bytes.ofInt(-1));
    TrafficSelectors policy = pair(OURS, THEIRS);
    TrafficSelectors atOurEnd = new TrafficSelectors(List.of(OURS, reversed), List.of(THEIRS));
    TrafficSelectors atTheirs = new TrafficSelectors(List.of(OURS), List.of(reversed, THEIRS));

    for (TrafficSelectors offered : List.of(atOurEnd, atTheirs)) {
      assertThat(Narrowing.narrow(offered, List.of(policy))).contains(new Narrowed(policy, false));
      assertThat(Narrowing.isAnswer(offered, policy)).isFalse();
      assertThat(Narrowing.isAnswer(policy, offered)).isTrue();
    }
    assertThat(Narrowing.narrow(pair(reversed, THEIRS), List.of(policy))).isEmpty();
    assertThat(Narrowing.narrow(pair(OURS, reversed), List.of(policy))).isEmpty();
  }

  @Test
  void icmpTypesAndCodesAreRangesLikePorts() {
    TrafficSelector unreachable = port(1, 0x0300, 0x03ff, 0xc0000205);
    TrafficSelector fragmentationNeeded = port(1, 0x0304, 0x0304, 0xc0000205);

    assertThat(
            Narrowing.narrow(pair(unreachable, THEIRS), List.of(pair(fragmentationNeeded, THEIRS)))
                .orElseThrow()
                .selectors()
                .local())
        .containsExactly(fragmentationNeeded);
  }

  @Test
  void ipv6IsNarrowedAsIpv4IsAndNeverMixedWithIt() throws Exception {
    TrafficSelector net6 = TrafficSelector.network(InetAddress.getByName("2001:db8::1"), 64);
    TrafficSelector host6 = TrafficSelector.host(InetAddress.getByName("2001:db8::42"));
    TrafficSelectors offered = new TrafficSelectors(List.of(OURS, net6), List.of(host6, THEIRS));

    assertThat(Narrowing.narrow(offered, List.of(pair(host6, net6))).orElseThrow().selectors())
        .isEqualTo(pair(host6, host6));
    assertThat(Narrowing.narrow(pair(OURS, host6), List.of(pair(OURS, host6)))).isEmpty();
    assertThat(net6.endAddress().toString()).isEqualTo("20010db800000000ffffffffffffffff");
  }

  @Test
  void answerMustBePartOfTheProposalAndNotNothing() {
    TrafficSelectors offered = pair(OURS, THEIRS);

    assertThat(Narrowing.isAnswer(offered, offered)).isTrue();
    assertThat(Narrowing.isAnswer(pair(net(0xc0000280, 25), THEIRS), offered)).isTrue();
    assertThat(Narrowing.isAnswer(pair(net(0xc0000200, 23), THEIRS), offered)).isFalse();
    assertThat(Narrowing.isAnswer(pair(OURS, net(0, 0)), offered)).isFalse();
    assertThat(Narrowing.isAnswer(new TrafficSelectors(List.of(), List.of(THEIRS)), offered))
        .isFalse();
  }

  @Test
  void answerMayJoinWhatWasOfferedInPieces() {
    TrafficSelectors pieces =
        new TrafficSelectors(List.of(net(0xc0000200, 25), net(0xc0000280, 25)), List.of(THEIRS));

    assertThat(Narrowing.isAnswer(pair(OURS, THEIRS), pieces)).isTrue();
    assertThat(Narrowing.isAnswer(pair(net(0xc0000100, 23), THEIRS), pieces)).isFalse();
  }

  @Test
  void natSubstitutionTakesSingleHostsOnlyAndKeepsPorts() throws Exception {
    InetAddress seen = InetAddress.getByName("203.0.113.9");
    TrafficSelectors received =
        new TrafficSelectors(
            List.of(TrafficSelector.host(InetAddress.getByName("192.0.2.5"))),
            List.of(port(TCP, 80, 80, 0xc633642b), port(UDP, 53, 53, 0xc633642b)));
    AddressSubstitution peerBehindNat =
        new AddressSubstitution(Optional.empty(), Optional.of(seen));

    TrafficSelectors substituted = peerBehindNat.apply(received).orElseThrow();

    assertThat(substituted.local()).isEqualTo(received.local());
    assertThat(substituted.remote())
        .containsExactly(port(TCP, 80, 80, 0xcb007109), port(UDP, 53, 53, 0xcb007109));
    assertThat(AddressSubstitution.NONE.apply(received)).contains(received);
    assertThat(peerBehindNat.apply(pair(OURS, port(TCP, 80, 80, 0xc633642b)))).isEmpty();
    assertThat(
            peerBehindNat.apply(
                new TrafficSelectors(
                    received.local(),
                    List.of(port(TCP, 80, 80, 0xc633642b), port(TCP, 80, 80, 0xc633642c)))))
        .isEmpty();
  }

  private static TrafficSelectors pair(TrafficSelector local, TrafficSelector remote) {
    return new TrafficSelectors(List.of(local), List.of(remote));
  }

  private static TrafficSelector net(int address, int prefix) {
    int mask = prefix == 0 ? 0 : -1 << (32 - prefix);
    return new TrafficSelector(
        IPV4_RANGE, 0, 0, 0xffff, Bytes.ofInt(address & mask), Bytes.ofInt(address | ~mask));
  }

  private static TrafficSelector port(int protocol, int from, int to, int address) {
    return new TrafficSelector(
        IPV4_RANGE, protocol, from, to, Bytes.ofInt(address), Bytes.ofInt(address));
  }
}
