package io.podseal.controller.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceRoutesTest {
  private final ClusterFixture cluster =
      new ClusterFixture().pod("a", "orders", "10.8.0.1").pod("b", "db", "10.8.0.2");

  @Test
  void aPodIsToldOfEveryPortOfTheServicesOfItsPeers() {
    cluster.peering("p", "orders", "db").service("db", ready("10.8.0.2"), ready("10.8.0.9"));

    assertThat(cluster.policy("a").services())
        .containsExactly(
            new ServiceRoute(
                "10.96.0.1",
                6,
                80,
                false,
                List.of(
                    new ServiceRoute.Backend("10.8.0.2", 8080),
                    new ServiceRoute.Backend("10.8.0.9", 8080))),
            new ServiceRoute(
                "10.96.0.1",
                17,
                53,
                false,
                List.of(
                    new ServiceRoute.Backend("10.8.0.2", 5353),
                    new ServiceRoute.Backend("10.8.0.9", 5353))));
  }

  @Test
  void servicesOfOthersAreLeftToTheNode() {
    cluster
        .peering("p", "orders", "db")
        .service("strangers", ready("10.8.0.9"))
        .service("own", ready("10.8.0.1"));

    assertThat(cluster.policy("a").services()).isEmpty();
    assertThat(cluster.policy("b").services())
        .as("the other end of the peering")
        .allSatisfy(route -> assertThat(route.address()).isEqualTo("10.96.0.2"));
  }

  @Test
  void aPeerThatIsNotReadyMakesItsServiceKnownButIsNoBackend() {
    cluster.peering("p", "orders", "db").service("db", down("10.8.0.2"));

    assertThat(cluster.policy("a").services())
        .hasSize(2)
        .allSatisfy(route -> assertThat(route.backends()).isEmpty());
  }

  @Test
  void backendsThatEndServeOnlyWhereNoneIsReady() {
    cluster
        .peering("p", "orders", "db")
        .service("some", ready("10.8.0.2"), draining("10.8.0.9"))
        .service("none", draining("10.8.0.2"), down("10.8.0.9"));

    assertThat(cluster.policy("a").services())
        .hasSize(4)
        .allSatisfy(route ->
            assertThat(route.backends())
                .extracting(ServiceRoute.Backend::address)
                .containsExactly("10.8.0.2"));
  }

  @Test
  void aPermissivePeerWithoutSidecarIsReachedInClearAndItsServiceToo() {
    cluster
        .peering("p", ClusterFixture.permissive("orders", "db"))
        .service("db", ready("10.8.0.2"))
        .change("b", PeerGraphTest::withoutSidecar);

    assertThat(cluster.policy("a").peers()).hasSize(1);
    assertThat(cluster.policy("a").services()).isEmpty();
  }

  private static EndpointSliceRecord.Endpoint ready(String address) {
    return new EndpointSliceRecord.Endpoint(address, true, false);
  }

  private static EndpointSliceRecord.Endpoint down(String address) {
    return new EndpointSliceRecord.Endpoint(address, false, false);
  }

  private static EndpointSliceRecord.Endpoint draining(String address) {
    return new EndpointSliceRecord.Endpoint(address, false, true);
  }
}
