package io.podseal.e2e.capture;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Writes a classic pcap file of Ethernet frames with nanosecond times (draft-ietf-opsawg-pcap,
 * magic 0xa1b23c4d). Confined to one thread.
 */
public final class PcapWriter implements AutoCloseable {
  static final int NANOSECOND_MAGIC = 0xa1b23c4d;
  static final int ETHERNET = 1;
  static final int SNAP_LENGTH = 262_144;

  private final OutputStream out;

  /** Creates or empties {@code file} and writes the file header. */
  public PcapWriter(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
    ByteBuffer header = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(NANOSECOND_MAGIC).putShort((short) 2).putShort((short) 4);
    header.putInt(0).putInt(0).putInt(SNAP_LENGTH).putInt(ETHERNET);
    out.write(header.array());
  }

  /** Appends one frame. */
  public void write(CapturedFrame frame) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    Instant time = frame.time();
    header.putInt((int) time.getEpochSecond()).putInt(time.getNano());
    header.putInt(frame.bytes().length).putInt(frame.length());
    out.write(header.array());
    out.write(frame.bytes());
  }

  /** Hands everything written so far to the file. */
  public void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
