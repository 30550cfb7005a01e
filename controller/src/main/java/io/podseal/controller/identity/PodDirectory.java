package io.podseal.controller.identity;

import io.podseal.controller.model.PodRecord;
import java.util.Optional;

/** Finds pods; called by several threads. */
public interface PodDirectory {
  /** From the cache. */
  Optional<PodRecord> cached(String uid);

  /**
   * From the API server.
   *
   * @throws RuntimeException if it could not be asked
   */
  Optional<PodRecord> live(String namespace, String name);
}
