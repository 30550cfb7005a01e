package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.PayloadType;
import io.podseal.protocol.sim.Recording;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A datagram as it comes from the network. The first octet is not part of it: if it is odd, the
 * header's Length is made right, so that a mutation of the length is not lost.
 */
final class ClearMessageTarget implements FuzzTarget {
  private static final int LENGTH_OFFSET = 24;
  private static final int HEADER = 28;

  @Override
  public String name() {
    return "clear-message";
  }

  @Override
  public String about() {
    return "an IKE datagram; its keys are not known";
  }

  @Override
  public int longest() {
    return 9000;
  }

  @Override
  public void run(byte[] input) {
    if (input.length == 0) {
      return;
    }
    byte[] datagram = datagram(input, 0, input.length);
    switch (Cost.check(() -> MessageDecoder.decode(datagram))) {
      case Decoded.Ok<Datagram> ok -> {
        Datagram decoded = ok.value();
        Rewriting.read(decoded.clearMessage());
        decoded.encrypted().ifPresent(e -> inside(e, datagram.length));
        if (decoded.encrypted().isEmpty()) {
          Rewriting.check(decoded.clearMessage());
        }
      }
      case Decoded.Malformed<Datagram> bad -> {
        if (bad.detail().isEmpty()) {
          throw new AssertionError(bad.reason() + " without detail");
        }
      }
    }
  }

  private static void inside(Datagram.Encrypted encrypted, int length) {
    if (encrypted.offset() < HEADER + 4
        || encrypted.offset() > length
        || encrypted.firstInner() < PayloadType.NONE) {
      throw new AssertionError("content at " + encrypted.offset() + " of " + length);
    }
  }

  /** Octets after the first of a part of {@code input}; the first says whether to mend Length. */
  static byte[] datagram(byte[] input, int from, int to) {
    byte[] datagram = Arrays.copyOfRange(input, from + 1, to);
    if ((input[from] & 1) != 0 && datagram.length >= HEADER) {
      for (int i = 0; i < 4; i++) {
        datagram[LENGTH_OFFSET + i] = (byte) (datagram.length >>> (24 - 8 * i));
      }
    }
    return datagram;
  }

  @Override
  public List<Seed> seeds() {
    List<Seed> seeds = new ArrayList<>();
    for (Recording.Message message : Recording.ofAll()) {
      seeds.add(new Seed(message.name(), withControl(1, message.octets())));
    }
    return seeds;
  }

  static byte[] withControl(int control, byte[] octets) {
    byte[] whole = new byte[octets.length + 1];
    whole[0] = (byte) control;
    System.arraycopy(octets, 0, whole, 1, octets.length);
    return whole;
  }
}
