package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A TUN device: what the pod sends to its peers is read here, what they sent is written here, each
 * packet behind a virtio_net_hdr of 10 octets. It lives in the network namespace of the thread that
 * opened it and vanishes when closed, or when the process dies. One reading and one writing thread.
 */
public final class TunDevice implements AutoCloseable {
  private static final String CLONE_DEVICE = "/dev/net/tun";
  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final long TUNSETIFF = 0x400454caL;
  private static final short IFF_TUN = 0x0001;
  private static final short IFF_NO_PI = 0x1000;
  private static final short IFF_VNET_HDR = 0x4000;
  private static final long TUNSETOFFLOAD = 0x400454d0L;
  private static final long TUN_F_CSUM = 1;
  private static final long TUN_F_TSO4 = 2;

  private final FileDescriptor fd;
  private final String name;

  private TunDevice(FileDescriptor fd, String name) {
    this.fd = fd;
    this.name = name;
  }

  /**
   * Creates the device.
   *
   * @param name at most 15 octets
   * @param offload whether the kernel may hand over TCP segments larger than the MSS and with
   *     unfinished checksums, as the header in front then says; the kernel may still not do it
   * @throws LinuxException with what to change in the pod
   */
  public static TunDevice open(String name, boolean offload) {
    byte[] octets = name.getBytes(StandardCharsets.US_ASCII);
    if (octets.length == 0 || octets.length > Structs.IFREQ_NAME_MAX) {
      throw new IllegalArgumentException("interface name of 1 to 15 octets expected: " + name);
    }
    try (Arena arena = Arena.ofConfined()) {
      int opened =
          Libc.open(arena.allocateFrom(CLONE_DEVICE).address(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
      FileDescriptor fd = new FileDescriptor(opened, CLONE_DEVICE, adviceForDevice(opened));
      MemorySegment request = arena.allocate(Structs.IFREQ);
      MemorySegment.copy(octets, 0, request, ValueLayout.JAVA_BYTE, 0, octets.length);
      request.set(
          ValueLayout.JAVA_SHORT,
          Structs.IFREQ_FLAGS,
          (short) (IFF_TUN | IFF_NO_PI | IFF_VNET_HDR));
      int result = Libc.ioctl(fd.number(), TUNSETIFF, request.address());
      if (result < 0) {
        fd.close();
        throw new LinuxException("create TUN device " + name, -result, adviceForCreating(result));
      }
      if (offload) {
        // Without it everything works, packet by packet.
        Libc.ioctl(fd.number(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4);
      }
      return new TunDevice(fd, name);
    }
  }

  public String name() {
    return name;
  }

  /** Reads one packet: its length, or negative when none is waiting or the device is gone. */
  public int read(NativeBuffer buffer) {
    return fd.read(buffer, buffer.capacity());
  }

  /** Hands the pod one packet; false when the device did not take it. */
  public boolean write(NativeBuffer buffer, int length) {
    return fd.write(buffer, length) == length;
  }

  FileDescriptor fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }

  private static String adviceForDevice(int result) {
    return Errno.EPERM.is(result) || Errno.EACCES.is(result)
        ? "The device cgroup or its mode forbids it: mount /dev/net/tun into the container as a"
            + " hostPath volume of type CharDevice and run as root."
        : "Mount /dev/net/tun into the container as a hostPath volume of type CharDevice, and see"
            + " that the node has the tun module.";
  }

  private static String adviceForCreating(int result) {
    if (Errno.EPERM.is(result)) {
      return "Add the capability NET_ADMIN to the container and run it as user 0.";
    }
    if (Errno.EBUSY.is(result)) {
      return "Another process holds it: is a second sidecar running in this pod?";
    }
    return "Is there another interface with this name in the pod?";
  }
}
