package io.podseal.protocol.fuzz;

import java.util.List;

/** A part of the protocol core that any octets may reach. To add one: a class, {@link Targets}. */
interface FuzzTarget {
  /** What {@code ./dev fuzz} and the corpus file call it. */
  String name();

  /** What the octets are, in a few words. */
  String about();

  /** Feeds any octets; throws when a promise is broken. The same octets do the same every time. */
  void run(byte[] input);

  /** Inputs from real exchanges, in a fixed order: what a fuzzer starts from. */
  List<Seed> seeds();

  /** Longest input worth trying. */
  default int longest() {
    return 2048;
  }
}
