package io.podseal.e2e.capture;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * An AF_PACKET socket (packet(7)) on one interface, promiscuous, with a classic BPF filter, the
 * kernel's times and the segmentation header of GSO super-packets. It sees each packet where it
 * enters the interface and not again where it leaves. Confined to one thread.
 */
@SuppressWarnings("restricted") // the calls below are all of libc that the capture needs
final class PacketSocket implements AutoCloseable {
  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final short ALL_PROTOCOLS = 0x0300; // ETH_P_ALL in network order
  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int SO_RCVBUF = 8;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int SO_TIMESTAMPNS = 35;
  private static final int SOL_PACKET = 263;
  private static final int PACKET_ADD_MEMBERSHIP = 1;
  private static final int PACKET_STATISTICS = 6;
  private static final int PACKET_VNET_HDR = 15;
  private static final int PACKET_IGNORE_OUTGOING = 23;
  private static final int PROMISCUOUS = 1;
  private static final int MSG_TRUNC_DONTWAIT = 0x20 | 0x40;
  private static final int POLLIN = 1;
  private static final int EAGAIN = 11;
  private static final int EINTR = 4;
  private static final int GSO_UDP = 5;

  private static final int RECEIVE_BUFFER = 32 << 20;
  private static final int VNET_HEADER = 10;
  private static final int DATA = 128 << 10;
  private static final int CONTROL = 64;
  // struct cmsghdr: length, level, type; the timespec follows.
  private static final int CONTROL_TIME = 16;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout ERRNO_LAYOUT = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      ERRNO_LAYOUT.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle SOCKET =
      call("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      call("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle SETSOCKOPT =
      call(
          "setsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle GETSOCKOPT =
      call(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle RECVMSG =
      call("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle POLL =
      call("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle IF_NAMETOINDEX =
      call("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle CLOSE =
      call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment errno = arena.allocate(ERRNO_LAYOUT);
  private final MemorySegment data = arena.allocate(DATA);
  private final MemorySegment control = arena.allocate(CONTROL, 8);
  private final MemorySegment message = arena.allocate(56, 8);
  private final MemorySegment statistics = arena.allocate(8, 8);
  private final MemorySegment statisticsLength = arena.allocate(JAVA_INT);
  private final int descriptor;
  private long dropped;

  private PacketSocket() throws IOException {
    // Protocol 0 receives nothing until bind, so no packet gets in before the filter.
    descriptor = checked("socket", SOCKET, AF_PACKET, SOCK_RAW_CLOEXEC, 0);
  }

  /**
   * Opens a socket that receives what enters {@code interfaceName} from now on and passes {@code
   * filter}.
   */
  static PacketSocket open(String interfaceName, CaptureFilter.Instruction[] filter)
      throws IOException {
    PacketSocket socket = new PacketSocket();
    try {
      socket.listen(interfaceName, filter);
      return socket;
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  private void listen(String interfaceName, CaptureFilter.Instruction[] filter) throws IOException {
    MemorySegment program = arena.allocate(filter.length * 8L, 8);
    for (int i = 0; i < filter.length; i++) {
      program.set(JAVA_SHORT, i * 8L, filter[i].code());
      program.set(JAVA_BYTE, i * 8L + 2, filter[i].jumpTrue());
      program.set(JAVA_BYTE, i * 8L + 3, filter[i].jumpFalse());
      program.set(JAVA_INT, i * 8L + 4, filter[i].k());
    }
    MemorySegment attach = arena.allocate(16, 8);
    attach.set(JAVA_SHORT, 0, (short) filter.length);
    attach.set(ADDRESS, 8, program);
    option(SOL_SOCKET, SO_ATTACH_FILTER, attach);
    receiveBuffer();
    option(SOL_SOCKET, SO_TIMESTAMPNS, number(1));
    option(SOL_PACKET, PACKET_VNET_HDR, number(1));
    option(SOL_PACKET, PACKET_IGNORE_OUTGOING, number(1));

    int index =
        checked(
            "if_nametoindex " + interfaceName, IF_NAMETOINDEX, arena.allocateFrom(interfaceName));
    if (index == 0) {
      throw new IOException("no interface " + interfaceName);
    }
    MemorySegment address = arena.allocate(20, 4);
    address.set(JAVA_SHORT, 0, (short) AF_PACKET);
    address.set(JAVA_SHORT, 2, ALL_PROTOCOLS);
    address.set(JAVA_INT, 4, index);
    checked("bind to " + interfaceName, BIND, descriptor, address, 20);
    MemorySegment membership = arena.allocate(16, 4);
    membership.set(JAVA_INT, 0, index);
    membership.set(JAVA_SHORT, 4, (short) PROMISCUOUS);
    option(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership);

    MemorySegment vector = arena.allocate(16, 8);
    vector.set(ADDRESS, 0, data);
    vector.set(JAVA_LONG, 8, DATA);
    message.set(ADDRESS, 16, vector);
    message.set(JAVA_LONG, 24, 1);
    message.set(ADDRESS, 32, control);
  }

  /** In a user namespace only the machine's own limit (net.core.rmem_max) is to be had. */
  private void receiveBuffer() throws IOException {
    MemorySegment size = number(RECEIVE_BUFFER);
    if (invoke(SETSOCKOPT, descriptor, SOL_SOCKET, SO_RCVBUFFORCE, size, (int) size.byteSize())
        < 0) {
      option(SOL_SOCKET, SO_RCVBUF, size);
    }
  }

  /** Waits until one of {@code sockets} has a packet, {@code limit} at the longest. */
  static void await(Duration limit, PacketSocket... sockets) throws IOException {
    PacketSocket first = sockets[0];
    try (Arena scratch = Arena.ofConfined()) {
      MemorySegment polled = scratch.allocate(8L * sockets.length, 4);
      for (int i = 0; i < sockets.length; i++) {
        polled.set(JAVA_INT, i * 8L, sockets[i].descriptor);
        polled.set(JAVA_SHORT, i * 8L + 4, (short) POLLIN);
      }
      long ready =
          first.invoke(POLL, polled, (long) sockets.length, Math.toIntExact(limit.toMillis()));
      if (ready < 0 && first.error() != EINTR) {
        throw new IOException("poll: errno " + first.error());
      }
    }
  }

  /** Returns the next packet, or empty when none is waiting. */
  Optional<CapturedFrame> next() throws IOException {
    message.set(JAVA_LONG, 40, CONTROL);
    long length = invoke(RECVMSG, descriptor, message, MSG_TRUNC_DONTWAIT);
    if (length < 0) {
      if (error() == EAGAIN || error() == EINTR) {
        return Optional.empty();
      }
      throw new IOException("recvmsg on a packet socket: errno " + error());
    }
    int captured = (int) Math.min(length, DATA) - VNET_HEADER;
    byte[] bytes = data.asSlice(VNET_HEADER, captured).toArray(JAVA_BYTE);
    boolean udpSegments = data.get(JAVA_BYTE, 1) == GSO_UDP;
    int segment = udpSegments ? Short.toUnsignedInt(data.get(JAVA_SHORT, 4)) : 0;
    Instant time =
        Instant.ofEpochSecond(
            control.get(JAVA_LONG, CONTROL_TIME), control.get(JAVA_LONG, CONTROL_TIME + 8));
    return Optional.of(new CapturedFrame(time, bytes, (int) length - VNET_HEADER, segment));
  }

  /** Returns how many packets the kernel has dropped because this socket's buffer was full. */
  long dropped() throws IOException {
    statisticsLength.set(JAVA_INT, 0, 8);
    checked(
        "PACKET_STATISTICS",
        GETSOCKOPT,
        descriptor,
        SOL_PACKET,
        PACKET_STATISTICS,
        statistics,
        statisticsLength);
    // The kernel counts from zero again after each reading.
    dropped += Integer.toUnsignedLong(statistics.get(JAVA_INT, 4));
    return dropped;
  }

  @Override
  public void close() {
    invoke(CLOSE, descriptor);
    arena.close();
  }

  private MemorySegment number(int value) {
    return arena.allocateFrom(JAVA_INT, value);
  }

  private void option(int level, int name, MemorySegment value) throws IOException {
    checked(
        "socket option " + level + "/" + name,
        SETSOCKOPT,
        descriptor,
        level,
        name,
        value,
        (int) value.byteSize());
  }

  private int checked(String what, MethodHandle handle, Object... arguments) throws IOException {
    long result = invoke(handle, arguments);
    if (result < 0) {
      throw new IOException(what + ": errno " + error() + (error() == 1 ? " (not permitted)" : ""));
    }
    return (int) result;
  }

  private long invoke(MethodHandle handle, Object... arguments) {
    Object[] all = new Object[arguments.length + 1];
    all[0] = errno;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    try {
      return ((Number) handle.invokeWithArguments(all)).longValue();
    } catch (Throwable e) {
      throw new IllegalStateException("a libc call failed in Java", e);
    }
  }

  private int error() {
    return (int) ERRNO.get(errno, 0L);
  }

  private static MethodHandle call(String name, FunctionDescriptor descriptor) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"));
  }
}
