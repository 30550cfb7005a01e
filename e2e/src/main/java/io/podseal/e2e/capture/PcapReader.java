package io.podseal.e2e.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a whole classic pcap file of Ethernet frames, micro- or nanosecond, in either byte order.
 */
public final class PcapReader {
  private static final int MICROSECOND_MAGIC = 0xa1b2c3d4;

  private PcapReader() {}

  /**
   * Returns all frames of {@code file} in the order they were written; a record cut off at the end,
   * as a killed writer leaves, is left out.
   *
   * @throws IOException if it is no pcap file or not of Ethernet
   */
  public static List<CapturedFrame> read(Path file) throws IOException {
    ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(file));
    if (data.remaining() < 24) {
      throw new IOException(file + " is shorter than a pcap header");
    }
    int nanosPerUnit = unit(file, data);
    if (data.getInt(20) != PcapWriter.ETHERNET) {
      throw new IOException(file + " has link type " + data.getInt(20) + ", not Ethernet");
    }
    List<CapturedFrame> frames = new ArrayList<>();
    data.position(24);
    while (data.remaining() >= 16) {
      Instant time =
          Instant.ofEpochSecond(
              Integer.toUnsignedLong(data.getInt()), (long) data.getInt() * nanosPerUnit);
      int captured = data.getInt();
      int length = data.getInt();
      if (captured < 0 || captured > PcapWriter.SNAP_LENGTH || length < 0) {
        throw new IOException(file + " has a record of " + captured + " bytes");
      }
      if (captured > data.remaining()) {
        break;
      }
      byte[] bytes = new byte[captured];
      data.get(bytes);
      frames.add(new CapturedFrame(time, bytes, length, 0));
    }
    return frames;
  }

  private static int unit(Path file, ByteBuffer data) throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      int magic = data.order(order).getInt(0);
      if (magic == PcapWriter.NANOSECOND_MAGIC) {
        return 1;
      }
      if (magic == MICROSECOND_MAGIC) {
        return 1000;
      }
    }
    throw new IOException(file + " is not a classic pcap file");
  }
}
