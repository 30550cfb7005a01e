package io.podseal.sidecar.linux;

/** The kernel refused something that the process cannot do without; the message says what to do. */
public final class LinuxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Errno errno;

  /**
   * @param operation what was tried, such as {@code bind UDP port 500}
   * @param number the errno
   * @param advice a sentence for the operator
   */
  public LinuxException(String operation, int number, String advice) {
    super(describe(operation, number, advice));
    this.errno = Errno.of(number);
  }

  public Errno errno() {
    return errno;
  }

  private static String describe(String operation, int number, String advice) {
    Errno errno = Errno.of(number);
    String name = errno == Errno.OTHER ? "errno " + number : errno.name();
    return operation + ": " + name + " (" + errno.meaning() + "). " + advice;
  }
}
