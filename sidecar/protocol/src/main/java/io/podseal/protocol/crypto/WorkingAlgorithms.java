package io.podseal.protocol.crypto;

/** Tells the algorithms that give the right answers; no other may be offered. */
@FunctionalInterface
public interface WorkingAlgorithms {
  /** Everything there is. */
  WorkingAlgorithms ALL = algorithm -> true;

  boolean includes(Algorithm algorithm);
}
