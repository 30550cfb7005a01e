package io.podseal.sidecar.linux;

import java.util.concurrent.atomic.AtomicBoolean;

/** An open descriptor: reads, writes and closes once. The descriptor number is the kernel's. */
final class FileDescriptor implements AutoCloseable {
  private final int number;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param result what the system call that opened it returned
   * @throws LinuxException when that was an error
   */
  FileDescriptor(int result, String what) {
    this(result, what, "Look at the limits of open files and memory of the container.");
  }

  FileDescriptor(int result, String what, String advice) {
    if (result < 0) {
      throw new LinuxException("open " + what, -result, advice);
    }
    this.number = result;
  }

  int number() {
    return number;
  }

  /** Octets read, or {@code -errno}. */
  int read(NativeBuffer buffer, int length) {
    return closed.get() ? -Errno.EBADF.number() : Libc.read(number, buffer.address(length), length);
  }

  /** Octets written, or {@code -errno}. */
  int write(NativeBuffer buffer, int length) {
    return closed.get()
        ? -Errno.EBADF.number()
        : Libc.write(number, buffer.address(length), length);
  }

  /** Sets an int option of a socket; {@code -errno} when refused. */
  int option(int level, int name, int value) {
    return SocketOptions.set(number, level, name, value);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Libc.close(number);
    }
  }
}
