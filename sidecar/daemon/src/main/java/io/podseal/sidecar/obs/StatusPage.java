package io.podseal.sidecar.obs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlane;
import io.podseal.sidecar.engine.Engine;
import io.podseal.sidecar.policy.Enforcement;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The sidecar's state as JSON, for people and tools inside the pod; never holds keys. */
public final class StatusPage {
  private final Enforcement enforcement;
  private final SidecarMetrics metrics;

  public StatusPage(Enforcement enforcement, SidecarMetrics metrics) {
    this.enforcement = enforcement;
    this.metrics = metrics;
  }

  public String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter().writeStartObject();
      enforcement
          .self()
          .ifPresent(self -> {
            string(json, "identity", self.identity().name());
            string(json, "address", self.address().getHostAddress());
          });
      json.writeNumberField("revision", enforcement.revision());
      json.writeNumberField("peers", enforcement.peers());
      Optional<Engine> engine = enforcement.engine();
      if (engine.isPresent()) {
        DataPlane dataPlane = engine.get().dataPlane();
        string(json, "dataPlane", dataPlane.name());
        writeSas(json, engine.get(), dataPlane);
        writeDrops(json, dataPlane);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text + "\n";
  }

  private static void writeSas(JsonGenerator json, Engine engine, DataPlane dataPlane)
      throws IOException {
    Map<Integer, ChildSaStats> stats =
        dataPlane.stats().stream()
            .collect(Collectors.toMap(ChildSaStats::inboundSpi, Function.identity()));
    json.writeArrayFieldStart("ikeSas");
    for (IkeSaView sa : engine.view()) {
      json.writeStartObject();
      string(json, "peer", sa.peer());
      string(json, "spis", sa.spis());
      string(json, "remote", sa.remote());
      string(json, "role", sa.initiator() ? "initiator" : "responder");
      string(json, "phase", sa.phase().name());
      json.writeNumberField("epoch", sa.epoch());
      json.writeBooleanField("behindNat", sa.behindNat());
      sa.establishedAt().ifPresent(at -> string(json, "establishedAt", at.toString()));
      json.writeArrayFieldStart("children");
      for (IkeSaView.Child child : sa.children()) {
        writeChild(json, child, Optional.ofNullable(stats.get(child.inboundSpi())));
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeChild(
      JsonGenerator json, IkeSaView.Child child, Optional<ChildSaStats> stats) throws IOException {
    HexFormat hex = HexFormat.of();
    json.writeStartObject();
    string(json, "inboundSpi", hex.toHexDigits(child.inboundSpi()));
    string(json, "outboundSpi", hex.toHexDigits(child.outboundSpi()));
    string(json, "stage", child.stage());
    json.writeBooleanField("carriesTraffic", child.carriesTraffic());
    if (stats.isPresent()) {
      ChildSaStats s = stats.get();
      json.writeNumberField("packetsIn", s.packetsIn());
      json.writeNumberField("bytesIn", s.bytesIn());
      json.writeNumberField("packetsOut", s.packetsOut());
      json.writeNumberField("bytesOut", s.bytesOut());
      json.writeNumberField("outboundSequence", s.outboundSequence());
    }
    json.writeEndObject();
  }

  private void writeDrops(JsonGenerator json, DataPlane dataPlane) throws IOException {
    json.writeObjectFieldStart("drops");
    for (DropReason reason : DropReason.values()) {
      long count = metrics.dropped(reason, dataPlane);
      if (count > 0) {
        json.writeNumberField(reason.label(), count);
      }
    }
    json.writeEndObject();
  }

  private static void string(JsonGenerator json, String name, String value) {
    try {
      json.writeStringField(name, value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
