package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.Status;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.obs.ControllerMetrics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas on one API server: the fixture's, which leads first, and one that stands by. */
class LeadershipTest {
  private static final Duration TAKEOVER = Duration.ofSeconds(10);

  private final ControllerFixture fixture = new ControllerFixture();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Controller standby = replica();

  @BeforeEach
  void startTheStandby() {
    standby.start();
    await().atMost(TAKEOVER).until(standby::ready);
  }

  @AfterEach
  void stop() {
    standby.close();
    fixture.close();
    registry.close();
  }

  @Test
  void theStandbyIsReadyWithTheSameAuthorityButHoldsNoKeysAndServesNobody() {
    assertThat(fixture.controller.leading()).isTrue();
    assertThat(standby.leading()).isFalse();
    assertThat(standby.controlPort()).isZero();
    assertThat(gauge("podseal.key.epoch")).isZero();
    assertThat(gauge("podseal.leader")).isZero();
    assertThat(holder()).isEqualTo("replica-0");
  }

  @Test
  void aLeaderThatStopsReleasesTheLeaseAndTheStandbyServesTheSameKeysAtOnce() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    var before = fixture.sidecar(orders);
    await().until(() -> before.peers().size() == 1);

    fixture.controller.close();

    assertThat(holder()).as("released, not left to expire").isNotEqualTo("replica-0");
    assertThat(before.ended()).extracting(Status::getCode).isEqualTo(Status.Code.UNAVAILABLE);
    await().atMost(Duration.ofMillis(2500)).until(() -> standby.controlPort() > 0);
    assertThat(gauge("podseal.key.epoch")).isOne();
    try (var after =
        TestSidecar.connect(
            standby.controlPort(),
            fixture.rootCertificate(),
            ControllerFixture.SERVER_NAME,
            fixture.token(orders))) {
      await().until(() -> after.peers().size() == 1);
      assertThat(after.peer(ControllerFixture.identity(db)))
          .isEqualTo(before.peer(ControllerFixture.identity(db)));
    }
    assertThat(slice()).isEqualTo("10.1.0.1");
  }

  @Test
  void aLeaderThatLosesTheLeaseClosesItsStreamsAndForgetsItsKeysButMayLeadAgain() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var sidecar = fixture.sidecar(orders);
    await().until(() -> !sidecar.updates().isEmpty());

    hold("somebody-else");

    await().atMost(TAKEOVER).until(() -> sidecar.ended() != null);
    await().until(() -> fixture.controller.controlPort() == 0);
    await().until(() -> fixture.metric("podseal.key.epoch") == 0);
    assertThat(fixture.controller.ready()).isTrue();
    assertThat(fixture.controller.healthy()).isTrue();

    standby.close();
    await().atMost(TAKEOVER).until(() -> fixture.controller.controlPort() > 0);
    assertThat(holder()).isEqualTo("replica-0");
    var again = fixture.sidecar(orders);
    await().until(() -> !again.updates().isEmpty());
  }

  private Controller replica() {
    return new Controller(
        fixture.api.client(),
        new ControllerOptions(
            ControllerFixture.NAMESPACE,
            "cluster.local",
            new ControllerOptions.Replica("replica-1", "10.1.0.1"),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            ControllerFixture.SERVER_NAME,
            1_000,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            ControllerFixture.SIDECAR,
            new ControllerOptions.Pace(
                Duration.ofMillis(5),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                Duration.ofSeconds(15)),
            ControlLimits.DEFAULT,
            PodAuthenticator.Limits.DEFAULT),
        new ControllerMetrics(registry, fixture.clock),
        fixture.clock);
  }

  /**
   * Another process takes the Lease and does not renew it. The leader's own renewals run against
   * it, so a conflict (409) is tried again, as any other process would.
   */
  private void hold(String identity) {
    var lease =
        fixture
            .api
            .client()
            .leases()
            .inNamespace(ControllerFixture.NAMESPACE)
            .withName("podseal-controller");
    await()
        .pollDelay(Duration.ZERO)
        .ignoreExceptionsMatching(
            e -> e instanceof KubernetesClientException refused && refused.getCode() == 409)
        .untilAsserted(() ->
            lease.edit(before ->
                new LeaseBuilder(before)
                    .editSpec()
                    .withHolderIdentity(identity)
                    .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                    .endSpec()
                    .build()));
  }

  private String holder() {
    var lease =
        fixture
            .api
            .client()
            .leases()
            .inNamespace(ControllerFixture.NAMESPACE)
            .withName("podseal-controller")
            .get();
    return String.valueOf(lease.getSpec().getHolderIdentity());
  }

  private String slice() {
    return await()
        .ignoreExceptions()
        .until(
            () ->
                fixture
                    .api
                    .client()
                    .discovery()
                    .v1()
                    .endpointSlices()
                    .inNamespace(ControllerFixture.NAMESPACE)
                    .withName("podseal-controller")
                    .get()
                    .getEndpoints()
                    .getFirst()
                    .getAddresses()
                    .getFirst(),
            address -> !address.isEmpty());
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }
}
