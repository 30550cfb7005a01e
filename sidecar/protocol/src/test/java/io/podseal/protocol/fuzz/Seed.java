package io.podseal.protocol.fuzz;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * One input of a corpus.
 *
 * @param name what it is; one word
 */
@SuppressWarnings("ArrayRecordComponent") // compared below
record Seed(String name, byte[] octets) {

  static Seed ofLine(String line) {
    String[] parts = line.split(" ", 2);
    return new Seed(parts[0], HexFormat.of().parseHex(parts.length == 1 ? "" : parts[1]));
  }

  String line() {
    return octets.length == 0 ? name : name + " " + HexFormat.of().formatHex(octets);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Seed that
        && name.equals(that.name)
        && Arrays.equals(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return name;
  }
}
