package io.podseal.sidecar.linux;

import java.lang.foreign.ValueLayout;

/**
 * Wakes a thread that waits in a {@link Poller} (eventfd(2)). {@link #signal} is for any thread.
 */
public final class EventFd implements AutoCloseable {
  private static final int EFD_NONBLOCK = 0x800;
  private static final int EFD_CLOEXEC = 0x80000;

  private final FileDescriptor fd;
  private final NativeBuffer one = new NativeBuffer(Long.BYTES);
  private final NativeBuffer sink = new NativeBuffer(Long.BYTES);

  public EventFd() {
    this.fd = new FileDescriptor(Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
    one.segment().set(ValueLayout.JAVA_LONG, 0, 1L);
  }

  /** Makes the waiting thread return. */
  public void signal() {
    fd.write(one, Long.BYTES);
  }

  /** Forgets all signals so far; called by the thread that waits. */
  public void clear() {
    fd.read(sink, Long.BYTES);
  }

  FileDescriptor fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }
}
