package io.podseal.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.podseal.protocol.policy.Identity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Compares what the chart and the protocol know, which do not know each other. */
class TrustDomainTest {
  @Test
  void theLongestTrustDomainOfTheChartMakesTheLongestIdentityOfTheProtocol() throws IOException {
    var schema = new JsonMapper().readTree(Path.of("../helm/values.schema.json").toFile());
    int longest = schema.at("/properties/trustDomain/maxLength").intValue();

    var identity =
        new Identity(UUID.randomUUID() + "." + "n".repeat(63) + ".pods." + "d".repeat(longest));

    assertThat(identity.name()).hasSize(Identity.MAX_LENGTH);
  }
}
