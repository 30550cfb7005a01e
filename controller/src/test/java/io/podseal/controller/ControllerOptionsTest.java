package io.podseal.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.marcnuri.helm.Helm;
import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.SidecarTemplate;
import io.podseal.controller.model.PodRecord;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ControllerOptionsTest {
  private static final Path CHART = Path.of("../helm");
  private static final String DOMAIN = "cluster.local";
  private static final String LONGEST = "d".repeat(PodRecord.LONGEST_TRUST_DOMAIN);

  @ParameterizedTest
  @ValueSource(ints = {1, 1_000})
  void asManyPeersAsASidecarIsBuiltForAreTaken(int peers) {
    assertThat(options(DOMAIN, peers).maxPeers()).isEqualTo(peers);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1_001, 10_000})
  void morePeersAndNoneAreRefusedByTheNameOfTheSetting(int peers) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(DOMAIN, peers))
        .withMessageContainingAll("PODSEAL_MAX_PEERS", String.valueOf(peers), "1000");
  }

  @Test
  void theLongestTrustDomainMakesTheLongestIdentityThatIkeCarries() {
    assertThat(options(LONGEST, 1).trustDomain()).isEqualTo(LONGEST);

    var uid = UUID.randomUUID().toString();
    assertThat(PodRecord.identity(uid, "n".repeat(63), LONGEST)).hasSize(255);
  }

  @Test
  void aLongerTrustDomainIsRefusedByTheNameOfItsSetting() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(LONGEST + "d", 1))
        .withMessageContainingAll("PODSEAL_TRUST_DOMAIN", "has 150 characters", "149");
  }

  @Test
  void theSchemaOfTheChartHasTheSameBounds() throws IOException {
    var values =
        new JsonMapper().readTree(CHART.resolve("values.schema.json").toFile()).path("properties");

    assertThat(values.at("/maxPeersPerPod/minimum").intValue()).isOne();
    assertThat(values.at("/maxPeersPerPod/maximum").intValue())
        .isEqualTo(ControllerOptions.MOST_PEERS);
    assertThat(values.at("/trustDomain/maxLength").intValue())
        .isEqualTo(PodRecord.LONGEST_TRUST_DOMAIN);
  }

  @Test
  void helmRefusesWhatTheControllerWould() {
    assertThat(helm("maxPeersPerPod", 1_000)).contains("\"1000\"");
    assertThat(helm("trustDomain", LONGEST)).contains(LONGEST);
    assertThatThrownBy(() -> helm("maxPeersPerPod", 1_001)).hasMessageContaining("maxPeersPerPod");
    assertThatThrownBy(() -> helm("trustDomain", LONGEST + "d"))
        .hasMessageContaining("trustDomain");
  }

  private static String helm(String key, Object value) {
    return new Helm(CHART).template().set(key, value).withKubeVersion("1.31.0").call();
  }

  private static ControllerOptions options(String trustDomain, int maxPeers) {
    return new ControllerOptions(
        "podseal-system",
        trustDomain,
        new ControllerOptions.Replica("replica-0", ""),
        new InetSocketAddress(0),
        "podseal-controller.podseal-system.svc",
        maxPeers,
        new InetSocketAddress(0),
        SidecarTemplate.of("controller:9443", "podseal/sidecar:1", "Always", "info", "{}"),
        ControllerOptions.Pace.DEFAULT,
        ControlLimits.DEFAULT,
        PodAuthenticator.Limits.DEFAULT);
  }
}
