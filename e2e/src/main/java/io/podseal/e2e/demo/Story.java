package io.podseal.e2e.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.cluster.Sidecar;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The demo's steps, in order; every number that it tells was measured while it ran. */
final class Story {
  private static final Path PEERING = Path.of("e2e/src/main/demo/orders-to-db.yaml");
  private static final Pattern ROUND_TRIP = Pattern.compile("time=([0-9.]+) ms");
  private static final Duration IPERF_WARM_UP = Duration.ofSeconds(2);
  private static final Duration IPERF_RUN = Duration.ofSeconds(5);

  private final Scene scene;
  private final Narrator narrator;
  private final Map<String, Object> facts;
  private final String db;

  Story(Scene scene, Narrator narrator, Map<String, Object> facts) {
    this.scene = scene;
    this.narrator = narrator;
    this.facts = facts;
    this.db = scene.postgres().name();
  }

  void tell() {
    peering();
    Sidecar ordersSidecar = start(scene.orders());
    Sidecar postgresSidecar = start(scene.postgres());
    firstPackets();
    associations(ordersSidecar);
    throughput(ordersSidecar);
    outsider();
    killed(postgresSidecar);
    restarted();
  }

  private void peering() {
    narrator.step("Declare the peering: " + PEERING);
    String yaml = read(PEERING);
    narrator.block(yaml);
    scene.cluster().apply(yaml);
  }

  private Sidecar start(ClusterPod pod) {
    narrator.step("Start the sidecar of " + pod.name());
    long begun = System.nanoTime();
    Sidecar sidecar = pod.startSidecar().awaitReady();
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    narrator.value("ready after", milliseconds(took));
    narrator.value("identity", sidecar.status().path("identity").asText());
    facts.put(pod.name() + "ReadyMilliseconds", took.toMillis());
    return sidecar;
  }

  private void firstPackets() {
    narrator.step("The first packets: ping, then curl, from orders to postgres");
    Command.Result ping =
        scene.orders().net().run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", db);
    Matcher times = ROUND_TRIP.matcher(ping.out());
    if (times.find()) {
      narrator.value("first ping", times.group(1) + " ms, the handshake included");
      facts.put("firstPingMilliseconds", Double.valueOf(times.group(1)));
    }
    String last = "";
    while (times.find()) {
      last = times.group(1);
    }
    narrator.value("third ping", last + " ms");
    narrator.check(ping.ok(), "ping is answered", "");
    for (var exchange : scene.pair().exchanges().entrySet()) {
      narrator.value("on the wire", exchange.getValue() + " x " + exchange.getKey());
    }
    Command.Result page = curl(scene.orders(), 5);
    narrator.check(
        page.out().contains(Scene.MARKER), "curl gets the page", (page.out() + page.err()).strip());
    Command.Result back = scene.postgres().net().run("ping", "-n", "-c", "1", "-W", "5", "orders");
    narrator.check(back.ok(), "ping works the other way too", "");
  }

  private void associations(Sidecar sidecar) {
    narrator.step("What the sidecar of orders says of its SAs");
    JsonNode status = sidecar.status();
    narrator.value("data plane", status.path("dataPlane").asText());
    for (JsonNode ike : status.path("ikeSas")) {
      narrator.value("IKE SA with", ike.path("peer").asText());
      narrator.value(
          "  role, phase", ike.path("role").asText() + ", " + ike.path("phase").asText());
      narrator.value("  key epoch", ike.path("epoch").asText());
      narrator.value("  SPIs", ike.path("spis").asText());
      for (JsonNode child : ike.path("children")) {
        narrator.value(
            "  child SA in / out",
            child.path("inboundSpi").asText() + " / " + child.path("outboundSpi").asText());
        narrator.value("    opened", amount(child, "In"));
        narrator.value("    sealed", amount(child, "Out"));
      }
      facts.put("epoch", ike.path("epoch").asInt());
    }
    narrator.check(!status.path("ikeSas").isEmpty(), "an IKE SA stands", "");
  }

  private static String amount(JsonNode child, String direction) {
    return child.path("packets" + direction).asLong()
        + " packets, "
        + child.path("bytes" + direction).asLong()
        + " bytes";
  }

  private void throughput(Sidecar sidecar) {
    narrator.step(
        "iperf3 through the pair, one TCP stream, after "
            + IPERF_WARM_UP.toSeconds()
            + " s of warm-up");
    Command.Result run =
        scene
            .orders()
            .net()
            .command(
                "iperf3",
                "-J",
                "-c",
                db,
                "-p",
                Scene.IPERF_PORT,
                "-O",
                Long.toString(IPERF_WARM_UP.toSeconds()),
                "-t",
                Long.toString(IPERF_RUN.toSeconds()))
            .within(Duration.ofSeconds(20))
            .run();
    JsonNode end = json(run.out()).path("end");
    double bits = end.path("sum_received").path("bits_per_second").asDouble();
    narrator.check(bits > 0, "iperf3 gets through", gigabits(bits));
    facts.put("throughputBitsPerSecond", Math.round(bits));
    Ledger.Summary pair = scene.pair();
    narrator.value("ESP packets so far", pair.count(WireKind.ESP));
    narrator.value("bytes sealed so far", pair.espBytes());
    facts.put("ordersStatus", sidecar.status());
  }

  private void outsider() {
    narrator.step("The outsider, in no peering, tries the same");
    Command.Result page = curl(scene.outsider(), 2);
    narrator.check(!page.ok(), "its curl is refused", page.err().strip());
    facts.put("outsiderRefused", !page.ok());
  }

  private void killed(Sidecar sidecar) {
    narrator.step("kill -9 the sidecar of postgres");
    long before = scene.pair().count(WireKind.CLEAR);
    sidecar.process().kill();
    Command.Result page = curl(scene.orders(), 2);
    narrator.check(!page.ok(), "curl from orders stops", page.err().strip());
    Command.Result ping =
        scene.postgres().net().run("ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", "orders");
    narrator.check(!ping.ok(), "ping from postgres stops", "");
    long clear = scene.pair().count(WireKind.CLEAR) - before;
    narrator.check(clear == 0, "nothing appears in clear", clear + " clear packets");
    facts.put("stoppedWhileKilled", !page.ok() && !ping.ok());
  }

  private void restarted() {
    narrator.step("Restart it");
    long begun = System.nanoTime();
    scene.postgres().startSidecar();
    Awaitility.await("curl from orders after the restart")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> curl(scene.orders(), 1).ok());
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    narrator.check(true, "traffic goes on", milliseconds(took) + " after the start of the process");
    facts.put("recoveryMilliseconds", took.toMillis());
  }

  /** Tells what the sniffer saw from beginning to end. */
  void conclude() {
    narrator.step("What the sniffer on the bridge saw between orders and postgres");
    Ledger.Summary pair = scene.pair();
    for (WireKind kind : WireKind.values()) {
      narrator.value(kind.name().toLowerCase(Locale.ROOT).replace('_', ' '), pair.count(kind));
    }
    for (var exchange : pair.exchanges().entrySet()) {
      narrator.value(exchange.getKey(), exchange.getValue());
    }
    Sniffer.Drops drops = scene.sniffer().drops();
    narrator.value("SPIs", pair.spis().size());
    narrator.value(
        "capture",
        "target/demo/wire.pcap, without " + scene.sniffer().espNotStored() + " of the bulk ESP");
    narrator.check(pair.count(WireKind.ESP) > 0, "sealed packets were seen", "");
    narrator.check(
        pair.sequenceRepeats() == 0,
        "no ESP sequence number came twice",
        pair.sequenceRepeats() + " repeats");
    narrator.check(
        drops.others() == 0,
        "the sniffer missed nothing that is not ESP",
        drops.others() + " dropped by the kernel, and " + drops.esp() + " ESP");
    narrator.check(!captureContains(Scene.MARKER), "the page's text is nowhere in the capture", "");
    pair.clear().forEach(narrator::line);
    narrator.check(
        pair.count(WireKind.CLEAR) == 0,
        "not one clear packet of the pair",
        pair.count(WireKind.CLEAR) + " seen");
    facts.put("clearPackets", pair.count(WireKind.CLEAR));
    facts.put("ikeMessages", pair.exchanges());
    facts.put("espPackets", pair.count(WireKind.ESP));
    facts.put("espBytes", pair.espBytes());
    facts.put("spis", pair.spis().size());
    facts.put("kernelDropsNotEsp", drops.others());
    facts.put("kernelDropsEsp", drops.esp());
  }

  private boolean captureContains(String text) {
    try {
      byte[] bytes = Files.readAllBytes(scene.capture());
      return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Command.Result curl(ClusterPod from, int seconds) {
    return from.net().run("curl", "-sS", "--max-time", Integer.toString(seconds), scene.url());
  }

  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not JSON: " + text, e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String milliseconds(Duration duration) {
    return duration.toMillis() + " ms";
  }

  private static String gigabits(double bits) {
    return String.format(Locale.ROOT, "%.2f Gb/s", bits / 1e9);
  }
}
