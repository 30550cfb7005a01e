package io.podseal.sidecar.linux;

/**
 * An IPv4 UDP socket on all addresses of the network namespace of the thread that opened it.
 * Non-blocking; any thread may send and receive, each with its own {@link Datagram}.
 */
public final class UdpSocket implements AutoCloseable {
  /** Datagrams that one call may send on every kernel that can. */
  public static final int MAX_SEGMENTS = 64;

  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOCK_CLOEXEC = 0x80000;

  private final FileDescriptor fd;
  private final int port;
  private volatile boolean segmentation = true;

  private UdpSocket(FileDescriptor fd, int port) {
    this.fd = fd;
    this.port = port;
  }

  /**
   * Binds a port. What is sent carries {@code mark} and no DF, so that large datagrams leave as
   * outer fragments.
   *
   * @param port 0 for any free one
   * @param mark firewall mark, 0 for none; needs NET_ADMIN otherwise
   * @param bufferSize wanted octets of both socket buffers; what the kernel grants may be less
   * @throws LinuxException with what to change
   */
  public static UdpSocket bind(int port, int mark, int bufferSize) {
    FileDescriptor fd =
        new FileDescriptor(
            Libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "UDP socket");
    try {
      if (mark != 0) {
        require(
            fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_MARK, mark),
            "mark the UDP socket of port " + port,
            "Add the capability NET_ADMIN to the container and run it as user 0.");
      }
      require(
          fd.option(
              SocketOptions.SOL_IP, SocketOptions.IP_MTU_DISCOVER, SocketOptions.IP_PMTUDISC_DONT),
          "switch DF off on UDP port " + port,
          "This kernel is not supported.");
      buffers(fd, bufferSize);
      Datagram name = new Datagram(Long.BYTES);
      name.to(0, port);
      int bound = name.bind(fd.number());
      require(bound, "bind UDP port " + port, adviceForBinding(bound, port));
      require(name.nameOf(fd.number()), "name of UDP port " + port, "This is a bug in Podseal.");
      return new UdpSocket(fd, name.port());
    } catch (LinuxException e) {
      fd.close();
      throw e;
    }
  }

  /** The port that is bound. */
  public int port() {
    return port;
  }

  /** Sends {@code length} octets of the datagram's payload; false when the kernel refused. */
  public boolean send(Datagram datagram, int length) {
    return datagram.send(fd.number(), 0, length, length) == length;
  }

  /**
   * Sends {@code length} octets as datagrams of {@code size} octets, the last one maybe shorter, in
   * one call where the kernel can (UDP_SEGMENT), at most {@link #MAX_SEGMENTS}.
   *
   * @return how many of them the kernel refused
   */
  public int sendSegments(Datagram datagram, int length, int size) {
    boolean inOneCall = segmentation && length > size;
    if (inOneCall) {
      int sent = datagram.send(fd.number(), 0, length, size);
      if (sent == length) {
        return 0;
      }
      if (!Errno.EIO.is(sent) && !Errno.EINVAL.is(sent)) {
        return (length + size - 1) / size;
      }
    }
    int refused = 0;
    for (int offset = 0; offset < length; offset += size) {
      int one = Math.min(size, length - offset);
      if (datagram.send(fd.number(), offset, one, one) != one) {
        refused++;
      }
    }
    if (inOneCall && refused == 0) {
      // The address is not to blame, as port 0 would be, but a device without checksum offload or a
      // kernel that cannot: from now on one by one.
      segmentation = false;
    }
    return refused;
  }

  /** From now on the kernel may hand over several datagrams at once; false when it cannot. */
  public boolean receiveSegments() {
    return fd.option(SocketOptions.SOL_UDP, SocketOptions.UDP_GRO, 1) == 0;
  }

  /** Switches {@link #sendSegments} to one call for each datagram. */
  public void sendOneByOne() {
    segmentation = false;
  }

  /**
   * Receives one datagram, or several of one source and size: the length of all, or negative when
   * none is waiting.
   */
  public int receive(Datagram datagram) {
    return datagram.receive(fd.number());
  }

  FileDescriptor fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }

  /** With NET_ADMIN the system's limits do not bind us; without it we take what they allow. */
  private static void buffers(FileDescriptor fd, int size) {
    if (fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUFFORCE, size) < 0) {
      fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_RCVBUF, size);
    }
    if (fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUFFORCE, size) < 0) {
      fd.option(SocketOptions.SOL_SOCKET, SocketOptions.SO_SNDBUF, size);
    }
  }

  private static void require(int result, String operation, String advice) {
    if (result < 0) {
      throw new LinuxException(operation, -result, advice);
    }
  }

  private static String adviceForBinding(int result, int port) {
    if (Errno.EADDRINUSE.is(result)) {
      return "Something else in this pod holds UDP port " + port + ": another IPsec daemon?";
    }
    if (Errno.EACCES.is(result)) {
      return "Ports under 1024 need the capability NET_BIND_SERVICE on the container.";
    }
    return "Look at the pod's network.";
  }
}
