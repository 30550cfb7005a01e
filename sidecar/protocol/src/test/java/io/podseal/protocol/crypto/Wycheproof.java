package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Reads the Wycheproof vectors kept beside the tests. */
final class Wycheproof {
  /** One case and the group it stands in. */
  record Case(JsonNode group, JsonNode test) {
    byte[] hex(String field) {
      return HexFormat.of().parseHex(test.get(field).asText());
    }

    int groupInt(String field) {
      return group.get(field).asInt();
    }

    boolean isInvalid() {
      return test.get("result").asText().equals("invalid");
    }

    boolean hasFlag(String flag) {
      return test.get("flags").valueStream().anyMatch(f -> f.asText().equals(flag));
    }

    @Override
    public String toString() {
      return "tcId " + test.get("tcId") + " " + test.get("comment");
    }
  }

  private Wycheproof() {}

  /** Says how many cases of a file were run, and fails if they are fewer than there must be. */
  static void ran(String file, CryptoProvider by, int count, int atLeast) {
    System.out.printf(
        "wycheproof/%s: %d of %d cases by %s%n",
        file, count, cases(file).size(), by.getClass().getSimpleName());
    assertThat(count).as("cases of %s that ran", file).isPositive().isGreaterThanOrEqualTo(atLeast);
  }

  static List<Case> cases(String file) {
    try (InputStream in = Wycheproof.class.getResourceAsStream("/wycheproof/" + file)) {
      if (in == null) {
        throw new IllegalStateException("no test resource wycheproof/" + file);
      }
      List<Case> cases = new ArrayList<>();
      for (JsonNode group : new ObjectMapper().readTree(in).get("testGroups")) {
        for (JsonNode test : group.get("tests")) {
          cases.add(new Case(group, test));
        }
      }
      return cases;
    } catch (IOException e) {
      throw new IllegalStateException("wycheproof/" + file + " is not readable", e);
    }
  }
}
