package io.podseal.e2e.interop;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What both ends say of their SAs, in words that can be compared. */
final class Sas {
  private Sas() {}

  /** Describes what was negotiated, as strongSwan tells it. */
  static String describe(Map<?, ?> ike, Map<?, ?> child) {
    return "IKE %s/%s/%s%s%s; %s%s ESP %s%s"
        .formatted(
            cipher(ike),
            ike.get("prf-alg"),
            ike.get("dh-group"),
            ike.get("ake1") == null ? "" : "+" + ike.get("ake1"),
            ike.get("ppk") == null ? "" : "/PPK",
            child.get("mode"),
            "yes".equals(child.get("encap")) ? " in UDP" : "",
            cipher(child),
            "1".equals(child.get("esn")) || "yes".equals(child.get("esn")) ? " ESN" : "");
  }

  private static String cipher(Map<?, ?> sa) {
    Object bits = sa.get("encr-keysize");
    Object integrity = sa.get("integ-alg");
    return sa.get("encr-alg")
        + (bits == null ? "" : "-" + bits)
        + (integrity == null ? "" : "/" + integrity);
  }

  /** Returns the initiators' SPIs of strongSwan's {@code ikeSas}. */
  static Set<String> ikeSpis(List<Map<?, ?>> ikeSas) {
    Set<String> spis = new LinkedHashSet<>();
    ikeSas.forEach(ike -> spis.add((String) ike.get("initiator-spi")));
    return spis;
  }

  /** Returns the SPIs of strongSwan's {@code children}, each with its direction. */
  static Set<String> spis(List<Map<?, ?>> children) {
    Set<String> spis = new LinkedHashSet<>();
    for (Map<?, ?> child : children) {
      spis.add("in " + child.get("spi-in"));
      spis.add("out " + child.get("spi-out"));
    }
    return spis;
  }

  /** Returns the SPIs of the children of our {@code ikeSas}; our outbound is strongSwan's in. */
  static Set<String> spisMirrored(List<JsonNode> ikeSas) {
    Set<String> spis = new LinkedHashSet<>();
    for (JsonNode ike : ikeSas) {
      for (JsonNode child : ike.path("children")) {
        spis.add("in " + child.path("outboundSpi").asText());
        spis.add("out " + child.path("inboundSpi").asText());
      }
    }
    return spis;
  }
}
