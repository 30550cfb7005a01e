package io.podseal.e2e.capture;

/**
 * The two socket filters of the sniffer, in classic BPF: whole ESP-in-UDP packets, which may come
 * by the hundred thousand, and everything else, which is rare and must never be lost to them.
 */
final class CaptureFilter {
  private static final int KEEP_ALL = 0x40000;

  private CaptureFilter() {}

  /** One instruction of classic BPF, {@code struct sock_filter}. */
  record Instruction(short code, byte jumpTrue, byte jumpFalse, int k) {
    Instruction(int code, int jumpTrue, int jumpFalse, int k) {
      this((short) code, (byte) jumpTrue, (byte) jumpFalse, k);
    }
  }

  // The shortest frame that any IP header leaves room in for a UDP header and an SPI: a load beyond
  // the
  // end of a frame would make the kernel drop it from both sockets. Shorter ESP counts as "not
  // ESP".
  private static final int SHORTEST = 14 + 60 + 8 + 4;

  private static final int LOAD_LENGTH = 0x80;
  private static final int LOAD_HALF = 0x28;
  private static final int LOAD_BYTE = 0x30;
  private static final int LOAD_HALF_INDEXED = 0x48;
  private static final int LOAD_WORD_INDEXED = 0x40;
  private static final int LOAD_X_IP_HEADER = 0xb1;
  private static final int JUMP_EQUAL = 0x15;
  private static final int JUMP_AT_LEAST = 0x35;
  private static final int JUMP_ANY_BIT = 0x45;
  private static final int RETURN = 0x06;

  /** Keeps unfragmented IPv4 UDP datagrams on port 4500 without a non-ESP marker. */
  static Instruction[] esp() {
    return program(KEEP_ALL, 0);
  }

  /** Keeps everything that {@link #esp} does not. */
  static Instruction[] notEsp() {
    return program(0, KEEP_ALL);
  }

  private static Instruction[] program(int whenEsp, int otherwise) {
    return new Instruction[] {
      new Instruction(LOAD_LENGTH, 0, 0, 0),
      new Instruction(JUMP_AT_LEAST, 0, 13, SHORTEST),
      new Instruction(LOAD_HALF, 0, 0, 12), // Ethernet type
      new Instruction(JUMP_EQUAL, 0, 11, 0x0800),
      new Instruction(LOAD_BYTE, 0, 0, 14 + 9), // IP protocol
      new Instruction(JUMP_EQUAL, 0, 9, IpPacket.UDP),
      new Instruction(LOAD_HALF, 0, 0, 14 + 6), // more fragments and offset
      new Instruction(JUMP_ANY_BIT, 7, 0, 0x3fff),
      new Instruction(LOAD_X_IP_HEADER, 0, 0, 14),
      new Instruction(LOAD_HALF_INDEXED, 0, 0, 14), // UDP source port
      new Instruction(JUMP_EQUAL, 2, 0, 4500),
      new Instruction(LOAD_HALF_INDEXED, 0, 0, 14 + 2), // UDP destination port
      new Instruction(JUMP_EQUAL, 0, 2, 4500),
      new Instruction(LOAD_WORD_INDEXED, 0, 0, 14 + 8), // SPI, or the non-ESP marker
      new Instruction(JUMP_EQUAL, 0, 1, 0),
      new Instruction(RETURN, 0, 0, otherwise),
      new Instruction(RETURN, 0, 0, whenEsp),
    };
  }
}
