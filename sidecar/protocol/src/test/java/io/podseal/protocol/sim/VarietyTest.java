package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.AuthPayload;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.telemetry.DropReason;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What seeds pick shows on the wire and in the data plane, or it would test nothing. */
class VarietyTest {
  /** Its mesh has three pods. */
  private static final long SEED = 3;

  private static final Variety PLAIN = Variety.plain();

  private final World world = new World(SEED, new CheapCrypto());
  private final Set<ChildMode> modes = new HashSet<>();
  private final Set<Boolean> longNumbers = new HashSet<>();
  private final Set<Boolean> aeadsOfChildren = new HashSet<>();
  private final Set<Boolean> aeadsOfIkeSas = new HashSet<>();

  private Mesh lived(Variety.Groups groups, Variety.Tunnels tunnels, Variety.Sequence sequence) {
    return lived(variety(groups, tunnels, sequence, PLAIN.ciphers(), PLAIN.ahead()));
  }

  private static Variety variety(
      Variety.Groups groups,
      Variety.Tunnels tunnels,
      Variety.Sequence sequence,
      Variety.Ciphers ciphers,
      boolean ahead) {
    return new Variety(
        PLAIN.additional(),
        PLAIN.ppk(),
        PLAIN.fragmentSize(),
        PLAIN.mobike(),
        PLAIN.tokens(),
        groups,
        tunnels,
        sequence,
        ciphers,
        ahead);
  }

  private Mesh lived(Variety variety) {
    world.record();
    Mesh mesh = new Mesh(SEED, world, variety);
    mesh.live();
    mesh.heal();
    mesh.forAllPairs((x, y) ->
        x.childTo(y)
            .ifPresent(child -> {
              modes.add(child.mode());
              longNumbers.add(((EspSuite) child.keys().suite()).esn());
              aeadsOfChildren.add(((EspSuite) child.keys().suite()).encryption().isAead());
            }));
    mesh.hosts.stream()
        .flatMap(h -> h.keys.ike.stream())
        .forEach(k -> aeadsOfIkeSas.add(k.suite().encryption().isAead()));
    return mesh;
  }

  @Test
  void theDefaultProfileIsPickedAsOftenAsAllOthers() {
    List<Variety> all = LongStream.range(0, 10_000).mapToObj(Variety::of).toList();
    assertThat(all.stream().filter(v -> v.additional() == Variety.Additional.REQUIRED).count())
        .isBetween(4_800L, 5_200L);
    long ofPods =
        all.stream()
            .filter(v -> v.groups() == PLAIN.groups())
            .filter(v -> v.tunnels() == PLAIN.tunnels())
            .filter(v -> v.sequence() == PLAIN.sequence())
            .filter(v -> v.ciphers() == PLAIN.ciphers())
            .count();
    assertThat(ofPods).isBetween(5_000L, 6_000L);
  }

  @Test
  void everyChoiceIsPickedByOneOfAHundredSeeds() {
    List<Variety> all = LongStream.range(0, 100).mapToObj(Variety::of).toList();
    assertThat(all).extracting(Variety::additional).contains(Variety.Additional.values());
    assertThat(all).extracting(Variety::ppk).contains(Variety.PpkUse.values());
    assertThat(all).extracting(Variety::groups).contains(Variety.Groups.values());
    assertThat(all).extracting(Variety::tunnels).contains(Variety.Tunnels.values());
    assertThat(all).extracting(Variety::sequence).contains(Variety.Sequence.values());
    assertThat(all).extracting(Variety::ciphers).contains(Variety.Ciphers.values());
    assertThat(all).extracting(Variety::ahead).contains(true, false);
  }

  @Test
  void podsThatPreferDifferentGroupsAskForOthersInBothExchanges() {
    Mesh mesh = lived(Variety.Groups.TWO, PLAIN.tunnels(), PLAIN.sequence());
    for (ExchangeType exchange : List.of(ExchangeType.IKE_SA_INIT, ExchangeType.CREATE_CHILD_SA)) {
      assertThat(mesh.hosts.stream().mapToLong(h -> asksForAnother(h, exchange)).sum())
          .as("other groups asked for in %s", exchange)
          .isPositive();
    }
  }

  private long asksForAnother(Host host, ExchangeType exchange) {
    return world.sent.stream()
        .filter(s -> s.is(host, exchange, true))
        .filter(s -> opened(host, s.ike()).has(NotifyType.INVALID_KE_PAYLOAD))
        .count();
  }

  /** Its payloads; none if it is a fragment. */
  private static IkeMessage opened(Host host, byte[] message) {
    Datagram datagram = Forge.value(MessageDecoder.decode(message));
    if (datagram.encrypted().isEmpty()) {
      return datagram.clearMessage();
    }
    if (datagram.fragment().isPresent()) {
      return new IkeMessage(datagram.header(), List.of());
    }
    Keys.IkeSaKeys keys =
        host.keys.ike.stream()
            .filter(k -> k.spiInitiator() == datagram.header().spiInitiator())
            .filter(k -> k.spiResponder() == datagram.header().spiResponder())
            .findFirst()
            .orElseThrow();
    return Forge.open(new CheapCrypto(), keys.copy(), message);
  }

  @ParameterizedTest
  @EnumSource(names = {"MODP", "MODP_OR_X25519"})
  void anExpensiveGroupCostsACookie(Variety.Groups groups) {
    Mesh mesh = lived(groups, PLAIN.tunnels(), PLAIN.sequence());
    assertThat(mesh.hosts.stream().mapToInt(h -> h.drops(DropReason.IKE_COOKIE_REQUIRED)).sum())
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource
  void childrenHaveTheModeThatTheirPairAgreesOn(Variety.Tunnels tunnels) {
    lived(PLAIN.groups(), tunnels, PLAIN.sequence());
    assertThat(modes)
        .isEqualTo(
            switch (tunnels) {
              case NONE -> Set.of(ChildMode.TRANSPORT);
              case ALL, REQUIRED_OF_ONE -> Set.of(ChildMode.TUNNEL);
              case SOME -> Set.of(ChildMode.TRANSPORT, ChildMode.TUNNEL);
            });
  }

  @ParameterizedTest
  @EnumSource
  void childrenHaveTheLongestSequenceNumbersThatBothEndsHave(Variety.Sequence sequence) {
    lived(PLAIN.groups(), PLAIN.tunnels(), sequence);
    assertThat(longNumbers)
        .isEqualTo(
            switch (sequence) {
              case BITS_64 -> Set.of(true);
              case BITS_32 -> Set.of(false);
              case BITS_32_OF_SOME -> Set.of(true, false);
            });
  }

  @ParameterizedTest
  @EnumSource
  void bothIkeSasAndChildrenAreSealedWithTheCiphersOfTheirPair(Variety.Ciphers ciphers) {
    lived(variety(PLAIN.groups(), PLAIN.tunnels(), PLAIN.sequence(), ciphers, PLAIN.ahead()));
    Set<Boolean> expected =
        switch (ciphers) {
          case AEAD -> Set.of(true);
          case CBC -> Set.of(false);
          case TWO -> Set.of(true, false);
        };
    assertThat(aeadsOfChildren).isEqualTo(expected);
    assertThat(aeadsOfIkeSas).isEqualTo(expected);
  }

  @Test
  void podsThatConnectAheadBeginWithoutAChild() {
    Variety ahead =
        variety(PLAIN.groups(), PLAIN.tunnels(), PLAIN.sequence(), PLAIN.ciphers(), true);
    Mesh mesh = lived(ahead);
    assertThat(mesh.hosts)
        .anyMatch(h ->
            world.sent.stream()
                .filter(s -> s.is(h, ExchangeType.IKE_AUTH, false))
                .map(s -> opened(h, s.ike()))
                .anyMatch(m ->
                    m.first(AuthPayload.class).isPresent() && m.first(SaPayload.class).isEmpty()));
  }
}
