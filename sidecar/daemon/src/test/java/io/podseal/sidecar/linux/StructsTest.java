package io.podseal.sidecar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.StructLayout;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sizes and offsets as sizeof and offsetof give them in C on x86-64 and arm64. */
final class StructsTest {

  @Test
  void sizesAreTheKernels() {
    Map<StructLayout, Long> sizes =
        Map.of(
            Structs.POLLFD, 8L,
            Structs.IFREQ, 40L,
            Structs.SOCKADDR_IN, 16L,
            Structs.SOCKADDR_LL, 20L,
            Structs.SOCKADDR_NL, 12L,
            Structs.SOCK_FILTER, 8L,
            Structs.SOCK_FPROG, 16L,
            Structs.TPACKET_STATS, 8L,
            Structs.TIMEVAL, 16L);
    assertThat(Structs.IOVEC.byteSize()).isEqualTo(16);
    assertThat(Structs.MSGHDR.byteSize()).isEqualTo(56);
    assertThat(Structs.CMSG.byteSize()).isEqualTo(24);

    sizes.forEach((struct, size) -> assertThat(struct.byteSize()).as("%s", struct).isEqualTo(size));
  }

  @Test
  void offsetsAreTheKernels() {
    assertThat(Structs.POLLFD_EVENTS).isEqualTo(4);
    assertThat(Structs.POLLFD_REVENTS).isEqualTo(6);
    assertThat(Structs.IFREQ_FLAGS).isEqualTo(16);
    assertThat(Structs.SOCKADDR_IN_PORT).isEqualTo(2);
    assertThat(Structs.SOCKADDR_IN_ADDRESS).isEqualTo(4);
    assertThat(Structs.SOCKADDR_LL_PROTOCOL).isEqualTo(2);
    assertThat(Structs.SOCKADDR_LL_IFINDEX).isEqualTo(4);
    assertThat(Structs.SOCKADDR_LL_PKTTYPE).isEqualTo(10);
    assertThat(Structs.SOCK_FPROG_FILTER).isEqualTo(8);
    assertThat(Structs.TPACKET_STATS_DROPS).isEqualTo(4);
    assertThat(Structs.IOVEC_LEN).isEqualTo(8);
    assertThat(Structs.MSGHDR_NAMELEN).isEqualTo(8);
    assertThat(Structs.MSGHDR_IOV).isEqualTo(16);
    assertThat(Structs.MSGHDR_IOVLEN).isEqualTo(24);
    assertThat(Structs.MSGHDR_CONTROL).isEqualTo(32);
    assertThat(Structs.MSGHDR_CONTROLLEN).isEqualTo(40);
    assertThat(Structs.CMSG_LEVEL).isEqualTo(8);
    assertThat(Structs.CMSG_TYPE).isEqualTo(12);
    assertThat(Structs.CMSG_DATA).isEqualTo(16);
  }
}
