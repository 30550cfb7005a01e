package io.podseal.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.podseal.e2e.capture.WireKind;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.ReversePathFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("netns")
class SealedPairIT {
  private static World world;

  @BeforeAll
  static void open() {
    world = new World(SealedPairIT.class);
  }

  @AfterEach
  void quiet() {
    world.quiet();
  }

  @AfterAll
  static void close() {
    world.close();
  }

  @ParameterizedTest
  @EnumSource(ReversePathFilter.class)
  void tcpUdpAndIcmpAreSealedInBothDirections(ReversePathFilter filter) throws Exception {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders", filter);
    ClusterPod postgres = world.pod(namespace, "postgres", filter);
    sealed(namespace, orders, postgres);

    assertThat(world.between(orders, postgres).exchanges())
        .containsKeys("IKE_SA_INIT request", "IKE_AUTH response");
    assertThat(world.between(orders, postgres).count(WireKind.SEALED_FRAGMENT)).isPositive();
  }

  @ParameterizedTest
  @EnumSource(ReversePathFilter.class)
  void aPodBehindAGatewayIsSealedInBothDirections(ReversePathFilter filter) throws Exception {
    String namespace = world.namespace();
    ClusterPod orders = world.podBehindGateway(namespace, "orders", filter);
    ClusterPod postgres = world.pod(namespace, "postgres", filter);
    sealed(namespace, orders, postgres);
  }

  @Test
  void aBulkTransferIsSealedWhole() throws Exception {
    String namespace = world.namespace();
    ClusterPod orders = world.pod(namespace, "orders");
    ClusterPod postgres = world.pod(namespace, "postgres");
    begin(namespace, orders, postgres);

    JsonNode forth = iperf(orders, postgres, "-n", "200M");
    JsonNode back = iperf(orders, postgres, "-n", "200M", "-R");

    assertThat(forth.path("sum_received").path("bytes").asLong()).isGreaterThan(190_000_000);
    assertThat(back.path("sum_received").path("bytes").asLong()).isGreaterThan(190_000_000);
    assertThat(world.between(orders, postgres).espBytes()).isGreaterThan(400_000_000);
    world.assertSealed(orders, postgres);
  }

  @Test
  void aSidecarSaysWhichBuildItIs() {
    var sidecar = world.pod(world.namespace(), "orders").startSidecar();
    sidecar.awaitReady();

    assertThat(sidecar.metrics())
        .containsPattern("podseal_build_info\\{version=\"[0-9][^\"]+\"} 1");
  }

  private static void begin(String namespace, ClusterPod orders, ClusterPod postgres) {
    // A peering lets `from` open connections to `to`; two let each open them to the other.
    world.peering(namespace, "orders", "postgres", "Strict");
    world.peering(namespace, "postgres", "orders", "Strict");
    var one = orders.startSidecar();
    var other = postgres.startSidecar();
    world.serve(orders);
    world.serve(postgres);
    one.awaitReady();
    other.awaitReady();
  }

  private static void sealed(String namespace, ClusterPod orders, ClusterPod postgres)
      throws Exception {
    begin(namespace, orders, postgres);
    World.awaitPing(orders, postgres);
    for (ClusterPod[] pair :
        List.of(new ClusterPod[] {orders, postgres}, new ClusterPod[] {postgres, orders})) {
      World.assertPing(pair[0], pair[1]);
      World.assertPage(pair[0], pair[1]);
      assertThat(World.ping(pair[0], pair[1], "-c", "2", "-i", "0.2", "-W", "5", "-s", "5000").ok())
          .as("a ping of 5,000 bytes from %s", pair[0].name())
          .isTrue();
      assertUdp(pair[0], pair[1], 200);
      assertUdp(pair[0], pair[1], 20_000);
    }
    world.assertSealed(orders, postgres);
  }

  private static void assertUdp(ClusterPod from, ClusterPod to, int size) throws Exception {
    JsonNode sum =
        iperf(
                from,
                to,
                "-u",
                "-b",
                "1M",
                "-n",
                Integer.toString(10 * size),
                "-l",
                Integer.toString(size))
            .path("sum");
    assertThat(sum.path("packets").asLong()).as("UDP datagrams of %d bytes", size).isPositive();
    assertThat(sum.path("lost_packets").asLong()).isZero();
  }

  private static JsonNode iperf(ClusterPod from, ClusterPod to, String... options)
      throws Exception {
    List<String> line = new ArrayList<>(List.of("iperf3", "-J", "-c", to.net().ip()));
    line.addAll(Arrays.asList(options));
    Command.Result result =
        from.net().command(line.toArray(String[]::new)).within(Duration.ofSeconds(60)).run();
    JsonNode answer = new JsonMapper().readTree(result.out());
    assertThat(answer.path("error").asText()).as("iperf3 from %s", from.name()).isEmpty();
    return answer.path("end");
  }
}
