package io.podseal.controller.identity;

/** Asks the API server about a token. */
@FunctionalInterface
public interface TokenReviewer {
  /**
   * Blocks until the API server answered; called by several threads.
   *
   * @throws RuntimeException if it could not be asked
   */
  Review review(String token);
}
