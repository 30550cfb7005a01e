package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers of socket options (asm-generic/socket.h, linux/in.h) and how to set and read ints. */
final class SocketOptions {
  static final int SOL_SOCKET = 1;
  static final int SO_SNDBUF = 7;
  static final int SO_RCVBUF = 8;
  static final int SO_RCVTIMEO = 20;
  static final int SO_ATTACH_FILTER = 26;
  static final int SO_SNDBUFFORCE = 32;
  static final int SO_RCVBUFFORCE = 33;
  static final int SO_MARK = 36;

  static final int SOL_IP = 0;
  static final int IP_MTU_DISCOVER = 10;
  static final int IP_PMTUDISC_DONT = 0;

  static final int SOL_UDP = 17;
  static final int UDP_SEGMENT = 103;
  static final int UDP_GRO = 104;

  static final int SOL_PACKET = 263;
  static final int PACKET_STATISTICS = 6;

  private SocketOptions() {}

  static int set(int fd, int level, int name, int value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_INT, value);
      return Libc.setsockopt(fd, level, name, memory.address(), Integer.BYTES);
    }
  }

  /** Fills {@code value} and returns 0, or {@code -errno}. */
  static int get(int fd, int level, int name, MemorySegment value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, (int) value.byteSize());
      return Libc.getsockopt(fd, level, name, value.address(), length.address());
    }
  }
}
