package io.podseal.protocol.fuzz;

import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.udpencap.DatagramKind;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A datagram on UDP 4500 is told apart by its first octets and never read beyond its end. */
final class DemuxTarget implements FuzzTarget {
  @Override
  public String name() {
    return "udp-demux";
  }

  @Override
  public String about() {
    return "a datagram on UDP 4500";
  }

  @Override
  public int longest() {
    return 64;
  }

  @Override
  public void run(byte[] input) {
    DatagramKind kind = Cost.check(() -> DatagramKind.of(input, 0, input.length));
    int spi = input.length < 4 ? 0 : InboundSa.spiOf(input, 0);
    boolean right =
        switch (kind) {
          case IKE -> input.length >= 32 && spi == 0;
          case ESP -> input.length >= 4 && Integer.compareUnsigned(spi, 255) > 0;
          case RESERVED_SPI -> spi > 0 && spi < 256;
          case KEEPALIVE -> input.length == 1 && input[0] == -1;
          case TOO_SHORT -> input.length < 32 && spi == 0;
        };
    if (!right) {
      throw new AssertionError(kind + " for " + HexFormat.of().formatHex(input));
    }
    // Where the datagram lies in its buffer, and what lies around it, plays no part.
    byte[] buffer = new byte[input.length + 9];
    Arrays.fill(buffer, (byte) 0xff);
    System.arraycopy(input, 0, buffer, 5, input.length);
    if (DatagramKind.of(buffer, 5, input.length) != kind) {
      throw new AssertionError("another kind elsewhere in a buffer");
    }
  }

  @Override
  public List<Seed> seeds() {
    HexFormat hex = HexFormat.of();
    return List.of(
        new Seed("nothing", new byte[0]),
        new Seed("keepalive", hex.parseHex("ff")),
        new Seed("three-octets", new byte[3]),
        new Seed("marker-alone", new byte[4]),
        new Seed("header-too-short", new byte[31]),
        new Seed("ike", new byte[32]),
        new Seed("spi-1", hex.parseHex("00000001" + "00".repeat(36))),
        new Seed("spi-255", hex.parseHex("000000ff" + "00".repeat(36))),
        new Seed("spi-256", hex.parseHex("00000100" + "00".repeat(36))),
        new Seed("spi-highest", hex.parseHex("ffffffff" + "00".repeat(36))));
  }
}
