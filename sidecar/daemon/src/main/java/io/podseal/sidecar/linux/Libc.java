package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The libc functions we call, each returning its result, or {@code -errno}. Pointers are addresses
 * of memory that the caller keeps alive. Any thread.
 */
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private static final MemoryLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = CAPTURE.varHandle(PathElement.groupElement("errno"));

  /** Where errno lands, one for each thread. */
  private static final ThreadLocal<MemorySegment> STATE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

  private static final MethodHandle OPEN = variadic("open", 2, INT, LONG, INT);
  private static final MethodHandle CLOSE = function("close", INT, INT);
  private static final MethodHandle READ = function("read", LONG, INT, LONG, LONG);
  private static final MethodHandle WRITE = function("write", LONG, INT, LONG, LONG);
  private static final MethodHandle IOCTL = variadic("ioctl", 2, INT, INT, LONG, LONG);
  private static final MethodHandle POLL = function("poll", INT, LONG, LONG, INT);
  private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
  private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
  private static final MethodHandle BIND = function("bind", INT, INT, LONG, INT);
  private static final MethodHandle GETSOCKNAME = function("getsockname", INT, INT, LONG, LONG);
  private static final MethodHandle GETSOCKOPT =
      function("getsockopt", INT, INT, INT, INT, LONG, LONG);
  private static final MethodHandle SETSOCKOPT =
      function("setsockopt", INT, INT, INT, INT, LONG, INT);
  private static final MethodHandle SENDMSG = function("sendmsg", LONG, INT, LONG, INT);
  private static final MethodHandle RECVMSG = function("recvmsg", LONG, INT, LONG, INT);
  private static final MethodHandle RECVFROM =
      function("recvfrom", LONG, INT, LONG, LONG, INT, LONG, LONG);
  private static final MethodHandle PRCTL = variadic("prctl", 1, INT, INT, LONG, LONG, LONG, LONG);
  private static final MethodHandle IF_NAMETOINDEX = function("if_nametoindex", INT, LONG);

  private Libc() {}

  static int open(long path, int flags) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) OPEN.invokeExact(state, path, flags));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int close(int fd) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) CLOSE.invokeExact(state, fd));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int read(int fd, long buffer, long length) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (long) READ.invokeExact(state, fd, buffer, length));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int write(int fd, long buffer, long length) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (long) WRITE.invokeExact(state, fd, buffer, length));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int ioctl(int fd, long request, long argument) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) IOCTL.invokeExact(state, fd, request, argument));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int poll(long pollFds, long count, int timeoutMillis) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) POLL.invokeExact(state, pollFds, count, timeoutMillis));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int eventfd(int initial, int flags) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) EVENTFD.invokeExact(state, initial, flags));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int socket(int family, int type, int protocol) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) SOCKET.invokeExact(state, family, type, protocol));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int bind(int fd, long address, int length) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) BIND.invokeExact(state, fd, address, length));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getsockname(int fd, long address, long lengthAddress) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) GETSOCKNAME.invokeExact(state, fd, address, lengthAddress));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int getsockopt(int fd, int level, int option, long value, long lengthAddress) {
    try {
      MemorySegment state = STATE.get();
      return result(
          state, (int) GETSOCKOPT.invokeExact(state, fd, level, option, value, lengthAddress));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int setsockopt(int fd, int level, int option, long value, int length) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) SETSOCKOPT.invokeExact(state, fd, level, option, value, length));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int sendmsg(int fd, long message) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (long) SENDMSG.invokeExact(state, fd, message, 0));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int recvmsg(int fd, long message) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (long) RECVMSG.invokeExact(state, fd, message, 0));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int recvfrom(
      int fd, long buffer, long length, int flags, long address, long addressLength) {
    try {
      MemorySegment state = STATE.get();
      return result(
          state,
          (long) RECVFROM.invokeExact(state, fd, buffer, length, flags, address, addressLength));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  static int prctl(int option, long argument) {
    try {
      MemorySegment state = STATE.get();
      return result(state, (int) PRCTL.invokeExact(state, option, argument, 0L, 0L, 0L));
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** Index of a network interface in the thread's namespace, or {@code -errno}. */
  static int interfaceIndex(String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = STATE.get();
      long address = arena.allocateFrom(name).address();
      int index = (int) IF_NAMETOINDEX.invokeExact(state, address);
      return index != 0 ? index : -(int) ERRNO.get(state, 0L);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  private static int result(MemorySegment state, long value) {
    return value >= 0 ? (int) value : -(int) ERRNO.get(state, 0L);
  }

  private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... args) {
    return link(name, FunctionDescriptor.of(result, args), Linker.Option.captureCallState("errno"));
  }

  private static MethodHandle variadic(
      String name, int fixed, MemoryLayout result, MemoryLayout... args) {
    Linker.Option errno = Linker.Option.captureCallState("errno");
    FunctionDescriptor descriptor = FunctionDescriptor.of(result, args);
    return args.length > fixed
        ? link(name, descriptor, errno, Linker.Option.firstVariadicArg(fixed))
        : link(name, descriptor, errno);
  }

  @SuppressWarnings("restricted") // this class is where native calls are made
  private static MethodHandle link(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER.downcallHandle(
        LINKER
            .defaultLookup()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("libc has no function " + name)),
        descriptor,
        options);
  }

  private static IllegalStateException unexpected(Throwable t) {
    if (t instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a libc call does not match its declaration", t);
  }
}
