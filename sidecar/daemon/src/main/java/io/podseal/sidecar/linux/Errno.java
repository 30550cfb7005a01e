package io.podseal.sidecar.linux;

import java.util.Arrays;

/**
 * The error numbers that we tell apart (asm-generic/errno.h, one numbering on x86-64 and arm64).
 */
public enum Errno {
  EPERM(1, "not permitted"),
  ENOENT(2, "no such file"),
  ESRCH(3, "not found"),
  EINTR(4, "interrupted"),
  EIO(5, "device is down"),
  ENXIO(6, "no such device"),
  EBADF(9, "closed"),
  EAGAIN(11, "would block"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  EBUSY(16, "busy"),
  EEXIST(17, "exists already"),
  ENODEV(19, "no such interface"),
  EINVAL(22, "invalid argument"),
  EMFILE(24, "too many open files"),
  EMSGSIZE(90, "message too long"),
  EOPNOTSUPP(95, "not supported"),
  EAFNOSUPPORT(97, "address family not supported"),
  EADDRINUSE(98, "address in use"),
  EADDRNOTAVAIL(99, "address not available"),
  ENETDOWN(100, "network is down"),
  ENETUNREACH(101, "network unreachable"),
  ENOBUFS(105, "out of buffers"),
  EHOSTUNREACH(113, "no route to host"),
  OTHER(0, "other error");

  private final int number;
  private final String meaning;

  Errno(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  public int number() {
    return number;
  }

  /** A few words for people. */
  public String meaning() {
    return meaning;
  }

  /** What a system call that returns {@code -errno} says. */
  boolean is(int result) {
    return result == -number;
  }

  static Errno of(int number) {
    return Arrays.stream(values()).filter(e -> e.number == number).findFirst().orElse(OTHER);
  }
}
