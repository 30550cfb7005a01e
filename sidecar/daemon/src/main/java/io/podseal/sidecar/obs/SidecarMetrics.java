package io.podseal.sidecar.obs;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlane;
import io.podseal.sidecar.engine.EngineEvents;
import io.podseal.sidecar.firewall.Firewall;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Counts and logs what the engine tells, and shows it and the data plane's counters to Prometheus.
 * Thread-safe.
 */
public final class SidecarMetrics implements EngineEvents {
  private static final System.Logger LOG = System.getLogger("podseal");

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<DropReason, LongAdder> drops = new EnumMap<>(DropReason.class);
  private final AtomicInteger established = new AtomicInteger();
  private final Consumer<List<LiveSa>> reports;

  /**
   * @param reports gets the established SAs whenever they changed
   */
  public SidecarMetrics(Consumer<List<LiveSa>> reports) {
    this.reports = reports;
    for (DropReason reason : DropReason.values()) {
      drops.put(reason, new LongAdder());
    }
    Gauge.builder("podseal.ike.sas", established, AtomicInteger::get)
        .description("Established IKE SAs")
        .register(registry);
  }

  /** Shows the data plane's counters too; called once. */
  public void bind(DataPlane dataPlane) {
    for (DropReason reason : DropReason.values()) {
      FunctionCounter.builder("podseal.drops", reason, r -> dropped(r, dataPlane))
          .description("Datagrams and packets dropped, by reason")
          .tag("reason", reason.label())
          .register(registry);
    }
    total(dataPlane, "podseal.packets", "in", ChildSaStats::packetsIn);
    total(dataPlane, "podseal.packets", "out", ChildSaStats::packetsOut);
    total(dataPlane, "podseal.bytes", "in", ChildSaStats::bytesIn);
    total(dataPlane, "podseal.bytes", "out", ChildSaStats::bytesOut);
    Gauge.builder("podseal.data.plane", () -> 1)
        .description("The data plane in use")
        .tag("plane", dataPlane.name())
        .register(registry);
    Gauge.builder("podseal.child.sas", dataPlane, d -> d.stats().size())
        .description("Installed child SAs")
        .register(registry);
  }

  private void total(
      DataPlane dataPlane, String name, String direction, ToLongFunction<ChildSaStats> value) {
    Gauge.builder(name + ".live", dataPlane, d -> d.stats().stream().mapToLong(value).sum())
        .description("Carried by the child SAs that are installed now")
        .tags(Tags.of("direction", direction))
        .register(registry);
  }

  /** Shows what nftables dropped. */
  public void bind(Firewall firewall) {
    for (io.podseal.sidecar.firewall.Counter counter :
        io.podseal.sidecar.firewall.Counter.values()) {
      FunctionCounter.builder(
              "podseal.firewall.drops", firewall, f -> f.counters().getOrDefault(counter, 0L))
          .description("Packets that nftables dropped")
          .tag("counter", counter.label())
          .register(registry);
    }
  }

  /** Shows which build this is. */
  public void build(String version) {
    Gauge.builder("podseal.build.info", () -> 1)
        .description("The version of this build")
        .tag("version", version)
        .register(registry);
  }

  /** Shows a value that someone else keeps. */
  public void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).register(registry);
  }

  @Override
  public void event(ProtocolEvent event) {
    LOG.log(System.Logger.Level.INFO, EventText.of(event));
    count(event);
  }

  /** Counts an event without logging it. */
  public void count(ProtocolEvent event) {
    switch (event) {
      case ProtocolEvent.IkeSaStarted e -> count("podseal.ike.started", Tags.empty());
      case ProtocolEvent.IkeSaEstablished e ->
          Timer.builder("podseal.ike.handshake")
              .description("From the first IKE_SA_INIT to authentication")
              .tag("role", e.initiator() ? "initiator" : "responder")
              .register(registry)
              .record(e.took());
      case ProtocolEvent.IkeSaRekeyed e ->
          count("podseal.ike.rekeyed", Tags.of("by", e.initiator() ? "us" : "peer"));
      case ProtocolEvent.IkeSaClosed e ->
          count("podseal.ike.closed", Tags.of("reason", e.reason().label()));
      case ProtocolEvent.ChildSaInstalled e ->
          count("podseal.child.installed", Tags.of("rekey", String.valueOf(e.rekey())));
      case ProtocolEvent.ChildSaRemoved e -> count("podseal.child.removed", Tags.empty());
      case ProtocolEvent.Refused e ->
          count(
              "podseal.ike.refused",
              Tags.of("by", e.byPeer() ? "peer" : "us", "notify", e.notifyLabel()));
    }
  }

  /** Counts the end of an application's probe. */
  public void probed(String result) {
    count("podseal.probes", Tags.of("result", result));
  }

  private void count(String name, Tags tags) {
    Counter.builder(name).tags(tags).register(registry).increment();
  }

  @Override
  public void dropped(DropReason reason) {
    drops.getOrDefault(reason, new LongAdder()).increment();
  }

  @Override
  public void liveSas(List<LiveSa> sas) {
    established.set(sas.size());
    reports.accept(sas);
  }

  /** Drops by the engine and by the data plane. */
  public long dropped(DropReason reason, DataPlane dataPlane) {
    return drops.getOrDefault(reason, new LongAdder()).sum() + dataPlane.dropped(reason);
  }

  /** In the Prometheus text format. */
  public String scrape() {
    return registry.scrape();
  }
}
