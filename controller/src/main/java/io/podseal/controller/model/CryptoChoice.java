package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.ProfileReference;
import java.time.Duration;

/** A crypto profile that was checked and has every value. */
public record CryptoChoice(
    String name,
    AlgorithmChoice algorithms,
    Duration childLifetime,
    Duration ikeLifetime,
    Duration liveness) {

  /** What the name {@code default} means where no such object exists. */
  public static final CryptoChoice BUILT_IN =
      new CryptoChoice(
          ProfileReference.DEFAULT,
          AlgorithmChoice.BUILT_IN,
          Duration.ofHours(1),
          Duration.ofHours(4),
          Duration.ofSeconds(30));
}
