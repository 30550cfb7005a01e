package io.podseal.controller;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** How octets look when something prints them. */
public final class SecretForms {
  private SecretForms() {}

  /** All forms, always in the same order. */
  public static List<String> of(byte[] secret) {
    return List.of(
        HexFormat.of().formatHex(secret),
        HexFormat.of().withUpperCase().formatHex(secret),
        HexFormat.ofDelimiter(":").formatHex(secret),
        HexFormat.ofDelimiter(" ").formatHex(secret),
        Base64.getEncoder().withoutPadding().encodeToString(secret),
        Base64.getUrlEncoder().withoutPadding().encodeToString(secret),
        Arrays.toString(secret).replaceAll("[\\[\\]]", ""));
  }
}
