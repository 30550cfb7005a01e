package io.podseal.controller.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/**
 * Reads the expiry of a token without verifying it: for tokens that the API server just accepted,
 * because a TokenReview does not tell when a token ends.
 */
final class TokenClaims {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TokenClaims() {}

  /** The claim {@code exp} (RFC 7519 section 4.1.4); empty if there is none that can be read. */
  static Optional<Instant> expiry(String token) {
    var parts = token.split("\\.", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      var exp = JSON.readTree(Base64.getUrlDecoder().decode(parts[1])).path("exp");
      return exp.isIntegralNumber() && exp.canConvertToLong() && exp.longValue() < 1L << 40
          ? Optional.of(Instant.ofEpochSecond(exp.longValue()))
          : Optional.empty();
    } catch (JsonProcessingException | IllegalArgumentException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }
}
