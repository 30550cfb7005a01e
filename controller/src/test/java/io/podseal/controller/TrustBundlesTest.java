package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.podseal.controller.control.ControlLimits;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A whole controller, which gives namespaces what their sidecars trust. */
class TrustBundlesTest {
  private static final Map<String, String> OPTED_IN = Map.of("podseal.io/inject", "true");

  private final ControllerFixture fixture =
      new ControllerFixture(ControlLimits.DEFAULT, Instant.parse("2026-01-01T00:00:00Z"));

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void whatOneNamespaceRefusesIsSaidAndKeptFromNoOther() {
    try (var log = CapturedLog.of("podseal")) {
      // A quota on ConfigMaps that is used up; the name comes first.
      fixture.api.refuseConfigMaps("a-team", HttpURLConnection.HTTP_FORBIDDEN);
      fixture.namespace("a-team", OPTED_IN);
      await().until(() -> log.lines().stream().anyMatch(line -> line.contains("a-team")));

      fixture.namespace("shop", OPTED_IN);

      await().until(() -> fixture.bundle("shop").equals(fixture.rootCertificate()));
      assertThat(fixture.bundle("a-team")).isEmpty();
    }
  }

  @Test
  void podsWithASidecarFindWhatTheyTrustThoughTheirNamespaceDidNotOptIn() {
    fixture.namespace("shop", Map.of());
    fixture.pod("bare-0", "orders", "10.0.0.1", false);
    fixture.namespace("other", OPTED_IN);
    await().until(() -> fixture.bundle("other").equals(fixture.rootCertificate()));
    assertThat(fixture.bundle("shop")).isEmpty();

    fixture.pod("orders-0", "orders", "10.0.0.2");

    await().until(() -> fixture.bundle("shop").equals(fixture.rootCertificate()));
  }
}
