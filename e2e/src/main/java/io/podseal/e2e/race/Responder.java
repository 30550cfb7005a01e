package io.podseal.e2e.race;

import java.net.InetAddress;

/** The end that is timed: a process with a core of its own. */
interface Responder extends AutoCloseable {
  /** Returns what the report calls it. */
  String title();

  InetAddress address();

  /** Makes it hold nothing and ready to take {@code spokes} initiators. */
  void prepare(Kind kind, int spokes);

  /** Returns its process id. */
  long pid();

  /** Returns what it holds now. */
  Held held();

  @Override
  void close();

  /** How many SAs a responder has. */
  record Held(int ikeSas, int children) {}
}
