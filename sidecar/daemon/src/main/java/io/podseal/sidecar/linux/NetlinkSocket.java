package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One request at a time to the kernel's routing or netfilter family (netlink(7), rtnetlink(7)).
 * Lives in the network namespace of the thread that opened it; confined to one thread.
 *
 * <pre>
 *  0        4      6       8          12       16
 * +--------+------+-------+----------+--------+-----------//
 * | length | type | flags | sequence |  port  | family header and attributes
 * +--------+------+-------+----------+--------+-----------//
 * </pre>
 */
public final class NetlinkSocket implements AutoCloseable {
  public static final int HEADER_LENGTH = 16;
  public static final int REQUEST = 0x1;
  public static final int ACK = 0x4;
  public static final int DUMP = 0x300;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int NETLINK_ROUTE = 0;
  private static final int NETLINK_NETFILTER = 12;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int TIMEOUT_SECONDS = 5;

  private final FileDescriptor fd;
  private final NativeBuffer buffer = new NativeBuffer(65_536);
  private int sequence;

  private NetlinkSocket(FileDescriptor fd) {
    this.fd = fd;
  }

  /** Opens a socket to the routing family. */
  public static NetlinkSocket route() {
    return open(NETLINK_ROUTE);
  }

  /** Opens a socket to the netfilter family. */
  public static NetlinkSocket netfilter() {
    return open(NETLINK_NETFILTER);
  }

  private static NetlinkSocket open(int family) {
    FileDescriptor fd =
        new FileDescriptor(
            Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family), "netlink socket");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(Structs.SOCKADDR_NL);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
      int bound = Libc.bind(fd.number(), address.address(), (int) address.byteSize());
      MemorySegment timeval = arena.allocate(Structs.TIMEVAL);
      timeval.set(ValueLayout.JAVA_LONG, 0, TIMEOUT_SECONDS);
      int limited =
          Libc.setsockopt(
              fd.number(),
              SocketOptions.SOL_SOCKET,
              SocketOptions.SO_RCVTIMEO,
              timeval.address(),
              (int) timeval.byteSize());
      if (bound < 0 || limited < 0) {
        fd.close();
        throw new LinuxException("open netlink", -Math.min(bound, limited), "Look at seccomp.");
      }
    }
    return new NetlinkSocket(fd);
  }

  /**
   * Sends a request and collects what the kernel answers to it.
   *
   * @param type of the message, such as RTM_NEWROUTE
   * @param flags {@link #REQUEST} with {@link #ACK} or {@link #DUMP}, and modifiers
   * @param body family header and attributes
   * @return the bodies of the answers, none for an acknowledgement
   * @throws LinuxException when the kernel refuses, with {@code operation} in its message
   */
  public List<ByteBuffer> exchange(int type, int flags, byte[] body, String operation) {
    sequence++;
    ByteBuffer message = ByteBuffer.allocate(HEADER_LENGTH + body.length);
    message.order(ByteOrder.nativeOrder());
    message.putInt(HEADER_LENGTH + body.length);
    message.putShort((short) type);
    message.putShort((short) flags);
    message.putInt(sequence);
    message.putInt(0);
    message.put(body);
    buffer.write(0, message.array(), 0, message.capacity());
    int sent = fd.write(buffer, message.capacity());
    if (sent < 0) {
      throw refused(operation, sent);
    }
    return answers(operation);
  }

  @Override
  public void close() {
    fd.close();
  }

  private List<ByteBuffer> answers(String operation) {
    List<ByteBuffer> bodies = new ArrayList<>();
    while (true) {
      int length = fd.read(buffer, buffer.capacity());
      if (Errno.EINTR.is(length)) {
        continue;
      }
      if (length < 0) {
        throw refused(operation, length);
      }
      byte[] octets = new byte[length];
      buffer.read(octets, 0, length);
      ByteBuffer messages = ByteBuffer.wrap(octets).order(ByteOrder.nativeOrder());
      while (messages.remaining() >= HEADER_LENGTH) {
        int at = messages.position();
        int messageLength = messages.getInt(at);
        int type = messages.getShort(at + 4);
        boolean ours = messages.getInt(at + 8) == sequence;
        if (messageLength < HEADER_LENGTH || messageLength > messages.remaining()) {
          throw new IllegalStateException("netlink answered a message of " + messageLength);
        }
        ByteBuffer body =
            messages
                .slice(at + HEADER_LENGTH, messageLength - HEADER_LENGTH)
                .order(ByteOrder.nativeOrder());
        // Messages begin on 4 octets.
        messages.position(Math.min(messages.limit(), at + ((messageLength + 3) & ~3)));
        if (!ours) {
          continue;
        }
        if (type == NLMSG_ERROR) {
          int error = body.getInt(0);
          if (error != 0) {
            throw refused(operation, error);
          }
          return bodies;
        }
        if (type == NLMSG_DONE) {
          return bodies;
        }
        bodies.add(body);
      }
    }
  }

  private static LinuxException refused(String operation, int result) {
    String advice =
        Errno.EPERM.is(result)
            ? "Add the capability NET_ADMIN to the container and run it as user 0."
            : "Look at the pod's links, addresses and routes.";
    return new LinuxException(operation, -result, advice);
  }
}
