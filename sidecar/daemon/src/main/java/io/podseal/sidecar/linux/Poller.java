package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/**
 * Waits until one descriptor or an {@link EventFd} can be read (poll(2)). Confined to one thread.
 */
public final class Poller {
  private static final short POLLIN = 1;
  private static final int FOREVER = -1;

  private final MemorySegment pollFds = Arena.ofAuto().allocate(2 * Structs.POLLFD.byteSize());

  /** Waits for the device and for {@code wake}. */
  public Poller(TunDevice tun, EventFd wake) {
    this(tun.fd(), wake.fd());
  }

  /** Waits for the socket and for {@code wake}. */
  public Poller(UdpSocket socket, EventFd wake) {
    this(socket.fd(), wake.fd());
  }

  private Poller(FileDescriptor data, FileDescriptor wake) {
    register(0, data.number());
    register(1, wake.number());
  }

  /** Returns when one of the two can be read. */
  public void await() {
    await(FOREVER);
  }

  /** Returns when one of the two can be read or {@code timeout} passed. */
  public void await(Duration timeout) {
    await((int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
  }

  /** Whether {@code wake} was signalled when the last wait ended. */
  public boolean isWoken() {
    return revents(1) != 0;
  }

  /** Whether the device or socket could be read, or failed, when the last wait ended. */
  public boolean isReadable() {
    return revents(0) != 0;
  }

  private void await(int millis) {
    int result = Libc.poll(pollFds.address(), 2, millis);
    if (result < 0 && !Errno.EINTR.is(result)) {
      throw new LinuxException("poll", -result, "This is a bug in Podseal.");
    }
  }

  private void register(int index, int fd) {
    long at = index * Structs.POLLFD.byteSize();
    pollFds.set(ValueLayout.JAVA_INT, at, fd);
    pollFds.set(ValueLayout.JAVA_SHORT, at + Structs.POLLFD_EVENTS, POLLIN);
  }

  private short revents(int index) {
    return pollFds.get(
        ValueLayout.JAVA_SHORT, index * Structs.POLLFD.byteSize() + Structs.POLLFD_REVENTS);
  }
}
