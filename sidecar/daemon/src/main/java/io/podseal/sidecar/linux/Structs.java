package io.podseal.sidecar.linux;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/** Layouts of the kernel's structures; the same on x86-64 and arm64. */
final class Structs {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  static final StructLayout POLLFD =
      MemoryLayout.structLayout(
          INT.withName("fd"), SHORT.withName("events"), SHORT.withName("revents"));
  static final long POLLFD_EVENTS = offset(POLLFD, "events");
  static final long POLLFD_REVENTS = offset(POLLFD, "revents");

  /** struct ifreq with the two members of its union that we use. */
  static final StructLayout IFREQ =
      MemoryLayout.structLayout(
          MemoryLayout.sequenceLayout(16, BYTE).withName("name"),
          SHORT.withName("flags"),
          MemoryLayout.paddingLayout(22));

  static final int IFREQ_NAME_MAX = 15;
  static final long IFREQ_FLAGS = offset(IFREQ, "flags");

  /** struct sockaddr_in; port and address are big-endian. */
  static final StructLayout SOCKADDR_IN =
      MemoryLayout.structLayout(
          SHORT.withName("family"),
          SHORT.withName("port"),
          INT.withName("address"),
          MemoryLayout.paddingLayout(8));

  static final long SOCKADDR_IN_PORT = offset(SOCKADDR_IN, "port");
  static final long SOCKADDR_IN_ADDRESS = offset(SOCKADDR_IN, "address");

  static final StructLayout IOVEC =
      MemoryLayout.structLayout(LONG.withName("base"), LONG.withName("len"));
  static final long IOVEC_LEN = offset(IOVEC, "len");

  static final StructLayout MSGHDR =
      MemoryLayout.structLayout(
          LONG.withName("name"),
          INT.withName("namelen"),
          MemoryLayout.paddingLayout(4),
          LONG.withName("iov"),
          LONG.withName("iovlen"),
          LONG.withName("control"),
          LONG.withName("controllen"),
          INT.withName("flags"),
          MemoryLayout.paddingLayout(4));

  static final long MSGHDR_NAMELEN = offset(MSGHDR, "namelen");
  static final long MSGHDR_IOV = offset(MSGHDR, "iov");
  static final long MSGHDR_IOVLEN = offset(MSGHDR, "iovlen");
  static final long MSGHDR_CONTROL = offset(MSGHDR, "control");
  static final long MSGHDR_CONTROLLEN = offset(MSGHDR, "controllen");

  /** struct cmsghdr and room for an int behind it, as CMSG_SPACE counts. */
  static final StructLayout CMSG =
      MemoryLayout.structLayout(
          LONG.withName("len"),
          INT.withName("level"),
          INT.withName("type"),
          INT.withName("data"),
          MemoryLayout.paddingLayout(4));

  static final long CMSG_LEVEL = offset(CMSG, "level");
  static final long CMSG_TYPE = offset(CMSG, "type");
  static final long CMSG_DATA = offset(CMSG, "data");

  static final StructLayout SOCKADDR_LL =
      MemoryLayout.structLayout(
          SHORT.withName("family"),
          SHORT.withName("protocol"),
          INT.withName("ifindex"),
          SHORT.withName("hatype"),
          BYTE.withName("pkttype"),
          BYTE.withName("halen"),
          MemoryLayout.sequenceLayout(8, BYTE).withName("addr"));

  static final long SOCKADDR_LL_PROTOCOL = offset(SOCKADDR_LL, "protocol");
  static final long SOCKADDR_LL_IFINDEX = offset(SOCKADDR_LL, "ifindex");
  static final long SOCKADDR_LL_PKTTYPE = offset(SOCKADDR_LL, "pkttype");

  static final StructLayout SOCKADDR_NL =
      MemoryLayout.structLayout(
          SHORT.withName("family"),
          SHORT.withName("pad"),
          INT.withName("pid"),
          INT.withName("groups"));

  static final StructLayout SOCK_FILTER =
      MemoryLayout.structLayout(
          SHORT.withName("code"), BYTE.withName("jt"), BYTE.withName("jf"), INT.withName("k"));

  static final StructLayout SOCK_FPROG =
      MemoryLayout.structLayout(
          SHORT.withName("len"), MemoryLayout.paddingLayout(6), LONG.withName("filter"));
  static final long SOCK_FPROG_FILTER = offset(SOCK_FPROG, "filter");

  static final StructLayout TPACKET_STATS =
      MemoryLayout.structLayout(INT.withName("packets"), INT.withName("drops"));
  static final long TPACKET_STATS_DROPS = offset(TPACKET_STATS, "drops");

  static final StructLayout TIMEVAL =
      MemoryLayout.structLayout(LONG.withName("seconds"), LONG.withName("micros"));

  private Structs() {}

  private static long offset(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }
}
