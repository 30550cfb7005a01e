package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.ProfileReference;
import java.time.Duration;
import java.util.List;

/**
 * A crypto profile that was checked and has every value.
 *
 * @param encryption algorithms in order of preference
 */
public record CryptoChoice(
    String name,
    List<String> encryption,
    Duration childLifetime,
    Duration ikeLifetime,
    Duration liveness) {

  /** Algorithms that sidecars have. */
  static final List<String> ALGORITHMS = List.of("aes256gcm16", "aes128gcm16");

  /** What the name {@code default} means where no such object exists. */
  public static final CryptoChoice BUILT_IN =
      new CryptoChoice(
          ProfileReference.DEFAULT,
          ALGORITHMS,
          Duration.ofHours(1),
          Duration.ofHours(4),
          Duration.ofSeconds(30));

  public CryptoChoice {
    encryption = List.copyOf(encryption);
  }
}
