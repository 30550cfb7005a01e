package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;

/**
 * Sees every packet of an interface, both ways, from its network header on (packet(7)). Lives in
 * the network namespace of the thread that opened it; confined to one thread.
 */
public final class PacketSocket implements AutoCloseable {
  /**
   * Packets seen and lost since the last call.
   *
   * @param seen packets that passed the filter, the lost ones included
   * @param lost packets for which the socket had no room
   */
  public record Statistics(long seen, long lost) {}

  private static final int AF_PACKET = 17;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final short ETH_P_ALL = 3;
  private static final int PACKET_OUTGOING = 4;
  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

  private final FileDescriptor fd;
  private final Arena arena = Arena.ofAuto();
  private final NativeBuffer buffer = new NativeBuffer(65_536);
  private final MemorySegment from = arena.allocate(Structs.SOCKADDR_LL);
  private final MemorySegment fromLength = arena.allocate(ValueLayout.JAVA_INT);

  private PacketSocket(FileDescriptor fd) {
    this.fd = fd;
  }

  /**
   * Starts to watch an interface.
   *
   * @param filter program that says how many octets of a packet to keep, counted from its network
   *     header; empty to see all
   * @throws LinuxException with what to change
   */
  public static PacketSocket open(
      String interfaceName, List<BpfInstruction> filter, int bufferSize) {
    // Protocol 0 sees nothing until bind, so that nothing passes before the filter is there.
    int opened = Libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    FileDescriptor fd =
        new FileDescriptor(opened, "packet socket", "Run as root or add the capability NET_RAW.");
    try (Arena arena = Arena.ofConfined()) {
      fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUFFORCE, bufferSize);
      if (!filter.isEmpty()) {
        require(attach(fd, filter, arena), "attach a packet filter");
      }
      int index = Libc.interfaceIndex(interfaceName);
      require(index, "find interface " + interfaceName);
      MemorySegment address = arena.allocate(Structs.SOCKADDR_LL);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
      address.set(NETWORK_SHORT, Structs.SOCKADDR_LL_PROTOCOL, ETH_P_ALL);
      address.set(ValueLayout.JAVA_INT, Structs.SOCKADDR_LL_IFINDEX, index);
      require(
          Libc.bind(fd.number(), address.address(), (int) Structs.SOCKADDR_LL.byteSize()),
          "watch interface " + interfaceName);
      return new PacketSocket(fd);
    } catch (LinuxException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Waits for one packet.
   *
   * @return its length, of which {@code packet} holds as much as it can, or -1 when {@code timeout}
   *     passed
   */
  public int receive(byte[] packet, Duration timeout) {
    timeout(timeout);
    fromLength.set(ValueLayout.JAVA_INT, 0, (int) Structs.SOCKADDR_LL.byteSize());
    int length =
        Libc.recvfrom(
            fd.number(),
            buffer.address(buffer.capacity()),
            buffer.capacity(),
            0,
            from.address(),
            fromLength.address());
    if (Errno.EAGAIN.is(length) || Errno.EINTR.is(length)) {
      return -1;
    }
    require(length, "read a packet socket");
    buffer.read(packet, 0, Math.min(length, packet.length));
    return length;
  }

  /** Whether the packet received last was leaving through the interface. */
  public boolean isOutgoing() {
    return from.get(ValueLayout.JAVA_BYTE, Structs.SOCKADDR_LL_PKTTYPE) == PACKET_OUTGOING;
  }

  /** Ethernet protocol of the packet received last, such as 0x0800 for IPv4. */
  public int protocol() {
    return from.get(NETWORK_SHORT, Structs.SOCKADDR_LL_PROTOCOL) & 0xffff;
  }

  /** What was seen and lost; a watcher that lost packets proves nothing. */
  public Statistics statistics() {
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment stats = confined.allocate(Structs.TPACKET_STATS);
      require(
          SocketOptions.get(
              fd.number(), SocketOptions.SOL_PACKET, SocketOptions.PACKET_STATISTICS, stats),
          "read packet statistics");
      return new Statistics(
          Integer.toUnsignedLong(stats.get(ValueLayout.JAVA_INT, 0)),
          Integer.toUnsignedLong(stats.get(ValueLayout.JAVA_INT, Structs.TPACKET_STATS_DROPS)));
    }
  }

  @Override
  public void close() {
    fd.close();
  }

  private void timeout(Duration timeout) {
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment timeval = confined.allocate(Structs.TIMEVAL);
      long micros = Math.max(1, timeout.toNanos() / 1000);
      timeval.set(ValueLayout.JAVA_LONG, 0, micros / 1_000_000);
      timeval.set(ValueLayout.JAVA_LONG, Long.BYTES, micros % 1_000_000);
      require(
          Libc.setsockopt(
              fd.number(),
              SocketOptions.SOL_SOCKET,
              SocketOptions.SO_RCVTIMEO,
              timeval.address(),
              (int) timeval.byteSize()),
          "set a timeout");
    }
  }

  private static int attach(FileDescriptor fd, List<BpfInstruction> filter, Arena arena) {
    MemorySegment program = arena.allocate(Structs.SOCK_FILTER, filter.size());
    long at = 0;
    for (BpfInstruction i : filter) {
      program.set(ValueLayout.JAVA_SHORT, at, (short) i.code());
      program.set(ValueLayout.JAVA_BYTE, at + 2, (byte) i.jumpTrue());
      program.set(ValueLayout.JAVA_BYTE, at + 3, (byte) i.jumpFalse());
      program.set(ValueLayout.JAVA_INT, at + 4, i.k());
      at += Structs.SOCK_FILTER.byteSize();
    }
    MemorySegment fprog = arena.allocate(Structs.SOCK_FPROG);
    fprog.set(ValueLayout.JAVA_SHORT, 0, (short) filter.size());
    fprog.set(ValueLayout.JAVA_LONG, Structs.SOCK_FPROG_FILTER, program.address());
    return Libc.setsockopt(
        fd.number(),
        SocketOptions.SOL_SOCKET,
        SocketOptions.SO_ATTACH_FILTER,
        fprog.address(),
        (int) Structs.SOCK_FPROG.byteSize());
  }

  private static void require(int result, String operation) {
    if (result < 0) {
      throw new LinuxException(
          operation, -result, "Watching needs the capability NET_RAW and an existing interface.");
    }
  }
}
