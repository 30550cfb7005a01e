package io.podseal.controller.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * HKDF-SHA256 against the vectors of project Wycheproof that have no salt, as ours has none, and
 * those that ask for too much, whose salt changes nothing.
 */
class HkdfWycheproofTest {
  private static final String FILE = "/wycheproof/hkdf_sha256_test.json";

  @Test
  void everyCaseWithoutSaltGivesItsOctetsAndTooManyAreRefused() throws IOException {
    int all = 0;
    int ran = 0;
    int refused = 0;
    for (JsonNode group : cases()) {
      for (JsonNode test : group.get("tests")) {
        all++;
        if (test.get("result").asText().equals("invalid")) {
          assertThatThrownBy(() -> derive(test)).as("%s", test.get("tcId")).isNotNull();
          refused++;
        } else if (test.get("salt").asText().isEmpty()) {
          assertThat(derive(test)).as("%s", test.get("tcId")).isEqualTo(hex(test, "okm"));
          ran++;
        }
      }
    }
    System.out.printf(
        "%s: %d of %d cases, %d of them refused%n", FILE, ran + refused, all, refused);
    assertThat(ran).as("cases without salt").isGreaterThanOrEqualTo(20);
    assertThat(refused).as("cases that ask for too much").isPositive();
  }

  private static JsonNode cases() throws IOException {
    try (var in = HkdfWycheproofTest.class.getResourceAsStream(FILE)) {
      assertThat(in).as(FILE).isNotNull();
      return new ObjectMapper().readTree(in).get("testGroups");
    }
  }

  private static byte[] derive(JsonNode test) {
    return PairKeyDerivation.hkdf(hex(test, "ikm"), hex(test, "info"), test.get("size").asInt());
  }

  private static byte[] hex(JsonNode test, String field) {
    return HexFormat.of().parseHex(test.get(field).asText());
  }
}
