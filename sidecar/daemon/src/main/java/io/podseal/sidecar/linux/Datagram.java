package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A datagram in native memory with the IPv4 address it came from or goes to. Used by one thread at
 * a time.
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

  /**
   * @param capacity longest payload
   */
  public Datagram(int capacity) {
    this.payload = new NativeBuffer(capacity);
    Arena arena = Arena.ofAuto();
    this.address = arena.allocate(Structs.SOCKADDR_IN);
    this.addressLength = arena.allocate(ValueLayout.JAVA_INT);
    address.set(ValueLayout.JAVA_SHORT, 0, AF_INET);
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

  /** Says where the datagram goes. */
  public void to(int ipv4Address, int port) {
    address.set(NETWORK_INT, Structs.SOCKADDR_IN_ADDRESS, ipv4Address);
    address.set(NETWORK_SHORT, Structs.SOCKADDR_IN_PORT, (short) port);
  }

  int send(int fd, int length) {
    return Libc.sendto(
        fd,
        payload.address(length),
        length,
        0,
        address.address(),
        (int) Structs.SOCKADDR_IN.byteSize());
  }

  int receive(int fd) {
    addressLength.set(ValueLayout.JAVA_INT, 0, (int) Structs.SOCKADDR_IN.byteSize());
    return Libc.recvfrom(
        fd,
        payload.address(payload.capacity()),
        payload.capacity(),
        0,
        address.address(),
        addressLength.address());
  }

  int bind(int fd) {
    return Libc.bind(fd, address.address(), (int) Structs.SOCKADDR_IN.byteSize());
  }

  int nameOf(int fd) {
    addressLength.set(ValueLayout.JAVA_INT, 0, (int) Structs.SOCKADDR_IN.byteSize());
    return Libc.getsockname(fd, address.address(), addressLength.address());
  }
}
