package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * One datagram, or several of one size behind each other, in native memory with the IPv4 address
 * they came from or go to. Used by one thread at a time.
 */
public final class Datagram {
  /** Longest UDP payload over IPv4. */
  public static final int MAX_LENGTH = 65_507;

  private static final short AF_INET = 2;
  private static final ValueLayout.OfShort NETWORK_SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NETWORK_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

  private final NativeBuffer payload;
  private final MemorySegment address;
  private final MemorySegment addressLength;
  private final MemorySegment iovec;
  private final MemorySegment control;
  private final MemorySegment message;
  private int segmentSize;

  /**
   * @param capacity longest payload
   */
  public Datagram(int capacity) {
    this.payload = new NativeBuffer(capacity);
    Arena arena = Arena.ofAuto();
    this.address = arena.allocate(Structs.SOCKADDR_IN);
    this.addressLength = arena.allocate(ValueLayout.JAVA_INT);
    this.iovec = arena.allocate(Structs.IOVEC);
    this.control = arena.allocate(Structs.CMSG);
    this.message = arena.allocate(Structs.MSGHDR);
    address.set(ValueLayout.JAVA_SHORT, 0, AF_INET);
    message.set(ValueLayout.JAVA_LONG, 0, address.address());
    message.set(ValueLayout.JAVA_LONG, Structs.MSGHDR_IOV, iovec.address());
    message.set(ValueLayout.JAVA_LONG, Structs.MSGHDR_IOVLEN, 1);
    message.set(ValueLayout.JAVA_LONG, Structs.MSGHDR_CONTROL, control.address());
  }

  public NativeBuffer payload() {
    return payload;
  }

  /** IPv4 address, most significant octet first. */
  public int address() {
    return address.get(NETWORK_INT, Structs.SOCKADDR_IN_ADDRESS);
  }

  public int port() {
    return address.get(NETWORK_SHORT, Structs.SOCKADDR_IN_PORT) & 0xffff;
  }

  /**
   * After receiving: the size of every datagram in the payload but the last, which may be shorter.
   */
  public int segmentSize() {
    return segmentSize;
  }

  /** Says where the datagram goes. */
  public void to(int ipv4Address, int port) {
    address.set(NETWORK_INT, Structs.SOCKADDR_IN_ADDRESS, ipv4Address);
    address.set(NETWORK_SHORT, Structs.SOCKADDR_IN_PORT, (short) port);
  }

  /** Sends octets {@code [offset, offset + length)} as datagrams of {@code size} octets. */
  int send(int fd, int offset, int length, int size) {
    prepare(payload.address(offset + length) + offset, length);
    if (size < length) {
      control.set(ValueLayout.JAVA_LONG, 0, Structs.CMSG_DATA + Short.BYTES);
      control.set(ValueLayout.JAVA_INT, Structs.CMSG_LEVEL, SocketOptions.SOL_UDP);
      control.set(ValueLayout.JAVA_INT, Structs.CMSG_TYPE, SocketOptions.UDP_SEGMENT);
      control.set(ValueLayout.JAVA_SHORT, Structs.CMSG_DATA, (short) size);
      controlLength(Structs.CMSG.byteSize());
    } else {
      controlLength(0);
    }
    return Libc.sendmsg(fd, message.address());
  }

  int receive(int fd) {
    prepare(payload.address(payload.capacity()), payload.capacity());
    controlLength(Structs.CMSG.byteSize());
    int length = Libc.recvmsg(fd, message.address());
    segmentSize = length;
    if (length > 0
        && message.get(ValueLayout.JAVA_LONG, Structs.MSGHDR_CONTROLLEN) >= Structs.CMSG_DATA
        && control.get(ValueLayout.JAVA_INT, Structs.CMSG_LEVEL) == SocketOptions.SOL_UDP
        && control.get(ValueLayout.JAVA_INT, Structs.CMSG_TYPE) == SocketOptions.UDP_GRO) {
      int size = control.get(ValueLayout.JAVA_INT, Structs.CMSG_DATA);
      segmentSize = size > 0 ? Math.min(size, length) : length;
    }
    return length;
  }

  int bind(int fd) {
    return Libc.bind(fd, address.address(), (int) Structs.SOCKADDR_IN.byteSize());
  }

  int nameOf(int fd) {
    addressLength.set(ValueLayout.JAVA_INT, 0, (int) Structs.SOCKADDR_IN.byteSize());
    return Libc.getsockname(fd, address.address(), addressLength.address());
  }

  private void prepare(long base, int length) {
    iovec.set(ValueLayout.JAVA_LONG, 0, base);
    iovec.set(ValueLayout.JAVA_LONG, Structs.IOVEC_LEN, length);
    message.set(ValueLayout.JAVA_INT, Structs.MSGHDR_NAMELEN, (int) Structs.SOCKADDR_IN.byteSize());
  }

  private void controlLength(long length) {
    message.set(ValueLayout.JAVA_LONG, Structs.MSGHDR_CONTROLLEN, length);
  }
}
