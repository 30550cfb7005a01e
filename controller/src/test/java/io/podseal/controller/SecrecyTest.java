package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.podseal.crds.v1alpha1.SecurePeering;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Looks for keys wherever people can look. */
class SecrecyTest {
  private static final List<String> OUR_LOGS = List.of("podseal", "audit");

  // Held at INFO by the packaged application (see PackagedControllerIT), or not part of it.
  private static final List<String> SILENCED =
      List.of(
          "io.fabric8.kubernetes.client.http",
          "io.fabric8.kubernetes.client.server.mock",
          "io.grpc.netty");

  private final List<String> log = new CopyOnWriteArrayList<>();
  private final PatternFormatter formatter = new PatternFormatter("%p %c %s%e");
  private final Handler collector =
      new Handler() {
        @Override
        public void publish(LogRecord logged) {
          if (logged.getLevel().intValue() < Level.INFO.intValue()
              && SILENCED.stream().anyMatch(logged.getLoggerName()::startsWith)) {
            return;
          }
          log.add(formatter.format(ExtLogRecord.wrap(logged)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final Logger root = Logger.getLogger("");
  private final ControllerFixture fixture = start();

  private ControllerFixture start() {
    collector.setLevel(Level.ALL);
    root.addHandler(collector);
    OUR_LOGS.forEach(name -> Logger.getLogger(name).setLevel(Level.ALL));
    return new ControllerFixture();
  }

  @AfterEach
  void stop() {
    fixture.close();
    root.removeHandler(collector);
  }

  @Test
  void keysAreWithTheirTwoSidecarsAndNowhereElse() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    var web = fixture.pod("web-0", "web", "10.0.0.3");
    fixture.peering("p", "orders", "db");
    fixture.peering("q", "web", "db");
    var atOrders = fixture.sidecar(orders);
    var atDb = fixture.sidecar(db);
    var atWeb = fixture.sidecar(web);
    fixture.connect("foreign");
    fixture.sidecar(fixture.pod("bare-0", "bare", "10.0.0.4", false));
    var mute = fixture.silent(fixture.token(fixture.pod("mute-0", "mute", "10.0.0.5")));
    mute.reportLive("x");
    await().until(() -> mute.ended() != null);
    await()
        .untilAsserted(
            () -> assertThat(fixture.condition("p", "Ready")).isEqualTo("True/AllPairsKeyed"));
    await()
        .untilAsserted(
            () -> assertThat(fixture.condition("q", "Ready")).isEqualTo("True/AllPairsKeyed"));
    atOrders.holdAcknowledgements();
    fixture.delete(web);
    await().until(() -> atDb.peers().size() == 1);
    atDb.hello(0);
    await().until(() -> atDb.ended() != null);

    var pairKey = atOrders.peer(identity(db)).getKeys(0).getSecret().toByteArray();
    var master = fixture.shop.master();
    var places = new ArrayList<String>(log);
    places.add(everythingInTheApiButSecrets());
    fixture.registry.getMeters().forEach(m -> places.add(m.getId() + " " + m.measure()));

    assertAudited(orders, db);
    for (var secret : List.of(pairKey, master, firstHalf(pairKey), firstHalf(master))) {
      for (var form : SecretForms.of(secret)) {
        assertThat(places).noneMatch(place -> place.contains(form));
      }
    }
    for (var update : atWeb.updates()) {
      assertThat(HexFormat.of().formatHex(update.toByteArray()))
          .doesNotContain(HexFormat.of().formatHex(pairKey));
    }
    for (var sidecar : List.of(atOrders, atDb, atWeb)) {
      for (var update : sidecar.updates()) {
        assertThat(HexFormat.of().formatHex(update.toByteArray()))
            .doesNotContain(HexFormat.of().formatHex(master));
      }
    }
  }

  private void assertAudited(Pod orders, Pod db) {
    var all = String.join("\n", log);
    assertThat(AuditLines.strange(all)).isEmpty();
    assertThat(AuditLines.in(all, AuditLines.OPENED))
        .extracting(line -> who(line) + " " + line.group("version") + line.group("dataplane"))
        .contains(who(orders) + " testnone", who(db) + " testnone")
        .noneMatch(line -> line.contains("mute-0"));
    assertThat(AuditLines.in(all, AuditLines.CLOSED))
        .extracting(line -> line.group("pod") + " " + line.group("reason"))
        .contains("shop/web-0 pod_unknown", "shop/db-0 protocol_error");
    assertThat(AuditLines.in(all, AuditLines.DENIED_UNKNOWN))
        .extracting(line -> line.group("reason"))
        .containsOnly("not_authenticated");
    assertThat(AuditLines.in(all, AuditLines.DENIED))
        .as("whoever never introduced itself never had a stream")
        .extracting(
            line -> line.group("pod") + " " + line.group("account") + " " + line.group("reason"))
        .contains("shop/bare-0 bare pod_not_injected", "shop/mute-0 mute no_hello");
    assertThat(AuditLines.in(all, AuditLines.ISSUED))
        .allSatisfy(line ->
            assertThat(line.group("ids").split(",", -1))
                .hasSize(Integer.parseInt(line.group("keys"))))
        .filteredOn(line -> line.group("peering").equals("shop/p"))
        .extracting(line -> who(line) + " " + line.group("epoch"))
        .containsOnly(who(orders) + " 1", who(db) + " 1");
    assertThat(ids(all, "shop/orders-0"))
        .as("both ends of a pair have the same key")
        .hasSize(1)
        .isEqualTo(ids(all, "shop/db-0"));
  }

  private static Set<String> ids(String log, String pod) {
    return AuditLines.in(log, AuditLines.ISSUED).stream()
        .filter(line -> line.group("pod").equals(pod) && line.group("peering").equals("shop/p"))
        .map(line -> line.group("ids"))
        .collect(Collectors.toSet());
  }

  private static String who(MatchResult line) {
    return line.group("pod")
        + " "
        + line.group("uid")
        + " "
        + line.group("account")
        + " "
        + line.group("node");
  }

  /** The API server of this test tells no node. */
  private static String who(Pod pod) {
    var meta = pod.getMetadata();
    return meta.getNamespace()
        + "/"
        + meta.getName()
        + " "
        + meta.getUid()
        + " "
        + pod.getSpec().getServiceAccountName()
        + " -";
  }

  private String everythingInTheApiButSecrets() {
    var client = fixture.api.client();
    var all = new ArrayList<HasMetadata>();
    all.addAll(client.resources(SecurePeering.class).inAnyNamespace().list().getItems());
    all.addAll(client.v1().events().inAnyNamespace().list().getItems());
    all.addAll(client.configMaps().inAnyNamespace().list().getItems());
    all.addAll(client.pods().inAnyNamespace().list().getItems());
    assertThat(all).hasSizeGreaterThan(5);
    return Serialization.asJson(all);
  }

  private static byte[] firstHalf(byte[] secret) {
    return Arrays.copyOf(secret, 15);
  }
}
