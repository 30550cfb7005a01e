package io.podseal.e2e.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.podseal.control.v1.ChildMode;
import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.Ppk;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.strongswan.Connection;
import io.podseal.e2e.strongswan.PeerHost;
import io.podseal.e2e.strongswan.Plane;
import io.podseal.e2e.strongswan.StrongSwan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Where one case takes place: both ends, the wire between them, and what a script does and expects.
 * What a script changes of the settings counts until {@link #start}. Confined to one thread.
 */
final class Bench implements AutoCloseable {
  static final String OURS = "0a5e1c7d-ours.shop.pods.cluster.local";
  static final String THEIRS = "c41b7f02-theirs.shop.pods.cluster.local";

  private static final Duration USUAL = Duration.ofSeconds(15);

  /** A row that has waited for so long in all waits for nothing more, unless it asks to. */
  private static final Duration WHOLE = Duration.ofSeconds(55);

  private long deadline = System.nanoTime() + WHOLE.toNanos();
  private final Case row;
  private final Path folder;
  private final PeerHost host;
  private final Resources owned = new Resources();
  private Ours ours;
  private final Network network;
  private final Wire wire;
  private final Traffic traffic;
  private final Connection connection;
  private final List<String> settings = new ArrayList<>();
  private final CryptoProfile.Builder profile =
      CryptoProfile.newBuilder().addAdditionalKeyExchange("none");
  private final Set<String> proofs = new LinkedHashSet<>();
  private byte[] ourSecret = "the secret of this pair, of 32 o".getBytes(StandardCharsets.UTF_8);
  private byte[] theirSecret = ourSecret.clone();
  private String declaredIdentity = THEIRS;
  private String owner = OURS;
  private String plugins = "";
  private String established = "";
  private Optional<Ppk> ppk = Optional.empty();
  private final Pod pod;
  private final ScriptedController controller;
  private @Nullable StrongSwan theirs;

  Bench(
      Case row,
      Network network,
      Pod pod,
      PeerHost host,
      ScriptedController controller,
      Path folder) {
    this.row = row;
    this.network = network;
    this.folder = folder;
    this.host = host;
    this.pod = pod;
    this.controller = controller;
    controller.next();
    Path pcap = folder.resolve("wire.pcap");
    Sniffer sniffer = owned.add(Sniffer.start(network.lab().bridge(), pcap, 2000));
    this.wire =
        new Wire(
            sniffer, pcap, pod.address(), network.seen(pod), host.address(), network.seen(host));
    this.ours = owned.add(Ours.start(pod, OURS, controller, Map.of(), folder));
    this.traffic = owned.add(new Traffic(ours, ourAddressForThem(), host, folder));
    this.connection =
        Connection.with(host, THEIRS, network.seen(pod).getHostAddress(), ours.identity());
    if (row.plane() == Plane.KERNEL_LIBIPSEC) {
      connection.child("mode", "tunnel").child("esp_proposals", List.of("aes256gcm16-x25519"));
      connection
          .child("local_ts", List.of(host.address().getHostAddress() + "/32"))
          .child("remote_ts", List.of(ours.ip() + "/32"));
      profile.addSequenceNumbers("noesn");
    }
  }

  /** Returns strongSwan's connection. */
  Connection connection() {
    return connection;
  }

  /** Returns the algorithms and lifetimes of our side. */
  CryptoProfile.Builder profile() {
    return profile;
  }

  /** Adds a line to the daemon's section of {@code strongswan.conf}. */
  void charon(String setting) {
    settings.add(setting);
  }

  /** Loads one more plugin, unless {@link Plane#plugins} names it. */
  void plugin(String name) {
    if (!List.of(row.plane().plugins().split(" ")).contains(name)) {
      plugins = name;
    }
  }

  /** Gives our side a key to mix in (RFC 8784). */
  void ourPpk(String identity, byte[] secret, boolean required) {
    ppk =
        Optional.of(
            Ppk.newBuilder()
                .setId(ByteString.copyFromUtf8(identity))
                .setSecret(ByteString.copyFrom(secret))
                .setRequired(required)
                .build());
  }

  /** Gives strongSwan a key to mix in (RFC 8784). */
  void theirPpk(String identity, byte[] secret, boolean required) {
    connection
        .set("ppk_id", identity)
        .set("ppk_required", required ? "yes" : "no")
        .ppk(secret, identity);
  }

  /** Gives strongSwan another secret than ours. */
  void differentSecrets() {
    theirSecret = "another secret, also of 32 octet".getBytes(StandardCharsets.UTF_8);
  }

  /** Lets our side expect another identity than strongSwan has. */
  void expectIdentity(String identity) {
    declaredIdentity = identity;
  }

  /** Returns our end. */
  Ours ours() {
    return ours;
  }

  /** Returns the running strongSwan. */
  StrongSwan theirs() {
    return Objects.requireNonNull(theirs, "strongSwan is not started");
  }

  /** Returns the proposal with 64-bit sequence numbers where strongSwan's plane has them. */
  String numbered(String proposal) {
    return row.plane() == Plane.KERNEL_NETLINK ? proposal + "-esn" : proposal;
  }

  /** Returns whether this row's IKE SA is begun by our side. */
  boolean weInitiate() {
    return row.initiator() == Case.Initiator.PODSEAL;
  }

  /** Lets strongSwan's key be that of another peer. */
  void owner(String identity) {
    owner = identity;
  }

  /** Returns where strongSwan runs. */
  PeerHost host() {
    return host;
  }

  /** Starts strongSwan and tells both ends of each other; nobody begins. */
  void start() {
    connection.secret(theirSecret, THEIRS, owner);
    startTheirs();
    declare();
  }

  /** Starts strongSwan, which knows of us, for the first time or again. */
  void startTheirs() {
    theirs =
        owned.add(
            StrongSwan.start(
                host, row.edition(), row.plane(), plugins, settings, folder.resolve("charon")));
    theirs.load(connection);
  }

  /** Tells our side of strongSwan, for the first time or again. */
  void declare() {
    Peer.Builder peer = Ours.peer(host, declaredIdentity, ourSecret, profile.build());
    ppk.ifPresent(key -> peer.getKeysBuilder(0).setPpk(key));
    if (row.plane() == Plane.KERNEL_LIBIPSEC) {
      peer.setChildMode(ChildMode.CHILD_MODE_TUNNEL);
    }
    ours.declare(peer);
  }

  /** Kills strongSwan and takes its SAs out of the kernel. */
  void killTheirs() {
    theirs().kill();
    host.run("ip", "xfrm", "policy", "flush");
    host.run("ip", "xfrm", "state", "flush");
  }

  /** Lets this row wait for {@code more} than others. */
  void patience(Duration more) {
    deadline += more.toNanos();
  }

  /** Kills our sidecar and starts it again. */
  void restartOurs() {
    restartOurs(Map.of());
    declare();
  }

  /** Starts our sidecar again with {@code settings} in its environment; it knows of no peer yet. */
  void restartOurs(Map<String, String> settings) {
    ours.kill();
    controller.next();
    ours = owned.add(Ours.start(pod, OURS, controller, settings, folder));
  }

  /** Starts, lets the initiator begin, and expects a child SA. */
  void establish() {
    start();
    begin();
  }

  /** Lets the initiator begin and expects a child SA at both ends. */
  void begin() {
    switch (row.initiator()) {
      case PODSEAL -> traffic.pingFromUs();
      case STRONGSWAN -> theirs().initiate();
    }
    await("one child SA at strongSwan", () -> theirs().children().size() == 1);
    await("one child SA at Podseal", () -> ourChildren() == 1);
    Map<?, ?> ike = theirs().ikeSas().getFirst();
    expect(
        row.initiator().title() + " is the initiator",
        weInitiate() != "yes".equals(ike.get("initiator")));
    established = Sas.describe(ike, theirs().children().getFirst());
    // Our NAT detection says in every row that there is a NAT, so that strongSwan need not ask.
    negotiated("in UDP");
    prove(established);
  }

  /** Returns whether what was negotiated has {@code part} in its description. */
  boolean uses(String part) {
    return established.contains(part);
  }

  /** Expects that what was negotiated has every one of {@code parts} in its description. */
  void negotiated(String... parts) {
    for (String part : parts) {
      expect("'" + part + "' is in use, but: " + established, established.contains(part));
    }
  }

  /** Sends application bytes both ways and expects none of them in clear on the wire. */
  void bytesCross() {
    long before = wire.esp();
    traffic.ping();
    traffic.fetch();
    traffic.stream();
    expect("ESP is on the wire", wire.esp() > before);
    expect("nothing of the pair is in clear: " + wire.clear(), wire.clear().isEmpty());
    prove("ping, curl and iperf3 both ways");
  }

  /** Expects that no application bytes pass, in whatever form. */
  void nothingCrosses() {
    expect("our ping is not answered", !traffic.tryPingFromUs());
    expect("no ESP is on the wire", !wire.anyEsp());
    expect("nothing of ours is in clear: " + wire.clear(), wire.clear().isEmpty());
    prove("nothing crosses");
  }

  /** Returns the traffic between both ends. */
  Traffic traffic() {
    return traffic;
  }

  /** Returns what is between both ends. */
  Network network() {
    return network;
  }

  /** Returns what the sniffer saw. */
  Wire wire() {
    return wire;
  }

  /** In transport mode strongSwan knows us by the address of our NAT (RFC 7296 §2.23.1). */
  private String ourAddressForThem() {
    return row.plane() == Plane.KERNEL_NETLINK ? network.seen(pod).getHostAddress() : pod.ip();
  }

  /** Returns how many child SAs our side has in use or in preparation. */
  int ourChildren() {
    return ourIkeSas().stream().mapToInt(ike -> ike.path("children").size()).sum();
  }

  /** Returns the IKE SAs that our side uses; its status has those as well that begin or end. */
  private List<JsonNode> ourIkeSas() {
    List<JsonNode> sas = new ArrayList<>();
    ours.status().path("ikeSas").forEach(sas::add);
    sas.removeIf(ike -> !ike.path("phase").asText().equals("ESTABLISHED"));
    return sas;
  }

  /** Returns where the responder believes the initiator to be. */
  String initiatorSeenAt() {
    List<String> places =
        weInitiate()
            ? theirs().ikeSas().stream().map(ike -> String.valueOf(ike.get("remote-port"))).toList()
            : ourIkeSas().stream().map(ike -> ike.path("remote").asText()).toList();
    expect("the responder has one IKE SA, but: " + places, places.size() == 1);
    return places.getFirst();
  }

  /** Returns the SPIs of strongSwan's children, each with the direction as strongSwan sees it. */
  Set<String> theirSpis() {
    return Sas.spis(theirs().children());
  }

  /** Returns the SPIs of our children, named as {@link #theirSpis} does. */
  Set<String> ourSpis() {
    return Sas.spisMirrored(ourIkeSas());
  }

  /** Returns the SPIs of strongSwan's IKE SAs. */
  Set<String> theirIkeSpis() {
    return Sas.ikeSpis(theirs().ikeSas());
  }

  /** Waits, for 15 s, until {@code holds}. */
  void await(String what, Callable<Boolean> holds) {
    await(what, USUAL, holds);
  }

  /** Waits until {@code holds}. */
  void await(String what, Duration longest, Callable<Boolean> holds) {
    Duration left = Duration.ofNanos(Math.max(deadline - System.nanoTime(), 1_000_000_000));
    Duration limit = left.compareTo(longest) < 0 ? left : longest;
    try {
      Awaitility.await().atMost(limit).pollInterval(Duration.ofMillis(100)).until(holds);
    } catch (ConditionTimeoutException e) {
      throw new CaseFailure("not within " + limit.toSeconds() + " s: " + what, e);
    }
  }

  /** Fails unless {@code holds}. */
  void expect(String what, boolean holds) {
    if (!holds) {
      throw new CaseFailure("not so: " + what);
    }
  }

  /** Waits until strongSwan's log has a line with every one of {@code words}. */
  void theyLog(String... words) {
    await(
        "strongSwan logs " + Arrays.toString(words),
        () ->
            theirs().log().lines().anyMatch(line -> Arrays.stream(words).allMatch(line::contains)));
  }

  /** Waits until our log has a line with every one of {@code words}. */
  void weLog(String... words) {
    await(
        "the sidecar logs " + Arrays.toString(words),
        () -> ours.log().lines().anyMatch(line -> Arrays.stream(words).allMatch(line::contains)));
  }

  /** Notes for the table what has been seen to work. */
  void prove(String what) {
    proofs.add(what);
  }

  /** Returns what has been seen to work. */
  Set<String> proofs() {
    return proofs;
  }

  @Override
  public void close() {
    owned.close();
  }
}
