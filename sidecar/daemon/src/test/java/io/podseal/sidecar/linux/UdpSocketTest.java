package io.podseal.sidecar.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class UdpSocketTest {
  private static final int LOOPBACK = 0x7f000001;
  private static final int BUFFER = 1 << 20;
  private static final int SO_NO_CHECK = 11;

  @Test
  void datagramArrivesWithItsLengthOctetsAndSource() {
    try (UdpSocket from = UdpSocket.bind(0, 0, BUFFER);
        UdpSocket to = UdpSocket.bind(0, 0, BUFFER);
        EventFd wake = new EventFd()) {
      Datagram out = new Datagram(2000);
      out.payload().write(0, new byte[] {9, 8, 7}, 0, 3);
      out.to(LOOPBACK, to.port());
      Datagram in = new Datagram(2000);

      assertThat(to.receive(in)).as("nothing waits yet").isNegative();
      assertThat(from.send(out, 3)).isTrue();
      Poller poller = new Poller(to, wake);
      poller.await(Duration.ofSeconds(5));

      assertThat(poller.isReadable()).isTrue();
      assertThat(poller.isWoken()).isFalse();
      assertThat(to.receive(in)).isEqualTo(3);
      byte[] octets = new byte[3];
      in.payload().read(octets, 0, 3);
      assertThat(octets).containsExactly(9, 8, 7);
      assertThat(in.address()).isEqualTo(LOOPBACK);
      assertThat(in.port()).isEqualTo(from.port());
    }
  }

  @Test
  void longestDatagramPasses() {
    try (UdpSocket from = UdpSocket.bind(0, 0, BUFFER);
        UdpSocket to = UdpSocket.bind(0, 0, BUFFER);
        EventFd wake = new EventFd()) {
      Datagram out = new Datagram(Datagram.MAX_LENGTH);
      out.to(LOOPBACK, to.port());
      Datagram in = new Datagram(Datagram.MAX_LENGTH);

      assertThat(from.send(out, Datagram.MAX_LENGTH)).isTrue();
      new Poller(to, wake).await(Duration.ofSeconds(5));

      assertThat(to.receive(in)).isEqualTo(Datagram.MAX_LENGTH);
    }
  }

  @Test
  void portInUseIsNamedInTheError() {
    try (UdpSocket first = UdpSocket.bind(0, 0, BUFFER)) {
      assertThatThrownBy(() -> UdpSocket.bind(first.port(), 0, BUFFER))
          .isInstanceOf(LinuxException.class)
          .hasMessageContaining("EADDRINUSE")
          .hasMessageContaining("UDP port " + first.port())
          .extracting(e -> ((LinuxException) e).errno())
          .isEqualTo(Errno.EADDRINUSE);
    }
  }

  @Test
  void sendingToAPortThatIsNotAllowedFailsWithoutAnException() {
    try (UdpSocket from = UdpSocket.bind(0, 0, BUFFER)) {
      Datagram out = new Datagram(10);
      out.to(LOOPBACK, 0);

      assertThat(from.send(out, 3)).isFalse();
    }
  }

  @Test
  void segmentsLeaveInOneCallAlsoAfterAnAddressThatIsNotAllowed() {
    try (UdpSocket from = UdpSocket.bind(0, 0, BUFFER);
        UdpSocket to = UdpSocket.bind(0, 0, BUFFER);
        EventFd wake = new EventFd()) {
      assertThat(to.receiveSegments()).isTrue();
      Datagram out = new Datagram(300);
      out.to(LOOPBACK, 0);
      assertThat(Errno.EINVAL.is(out.send(from.fd().number(), 0, 300, 100))).isTrue();
      assertThat(from.sendSegments(out, 300, 100)).as("refused").isEqualTo(3);

      out.to(LOOPBACK, to.port());
      assertThat(from.sendSegments(out, 300, 100)).as("refused").isZero();

      assertThat(lengths(to, wake, 300)).containsExactly(300);
    }
  }

  @Test
  void segmentsLeaveOneByOneOnceTheKernelCannot() {
    try (UdpSocket from = UdpSocket.bind(0, 0, BUFFER);
        UdpSocket to = UdpSocket.bind(0, 0, BUFFER);
        EventFd wake = new EventFd()) {
      assertThat(to.receiveSegments()).isTrue();
      Datagram out = new Datagram(300);
      out.to(LOOPBACK, to.port());

      // Without a checksum the kernel does not cut.
      from.fd().option(SocketOptions.SOL_SOCKET, SO_NO_CHECK, 1);
      assertThat(from.sendSegments(out, 300, 100)).as("refused").isZero();
      assertThat(lengths(to, wake, 300)).containsExactly(100, 100, 100);

      from.fd().option(SocketOptions.SOL_SOCKET, SO_NO_CHECK, 0);
      assertThat(from.sendSegments(out, 250, 100)).as("refused").isZero();
      assertThat(lengths(to, wake, 250)).containsExactly(100, 100, 50);
    }
  }

  /** Lengths of what is received at once until {@code total} octets are there. */
  private static List<Integer> lengths(UdpSocket socket, EventFd wake, int total) {
    Datagram in = new Datagram(2000);
    List<Integer> lengths = new ArrayList<>();
    int left = total;
    while (left > 0) {
      Poller poller = new Poller(socket, wake);
      poller.await(Duration.ofSeconds(5));
      assertThat(poller.isReadable()).as("%d octets are missing", left).isTrue();
      int length = socket.receive(in);
      lengths.add(length);
      left -= length;
    }
    return lengths;
  }

  @Test
  void signalEndsTheWaitUntilItIsCleared() {
    try (UdpSocket socket = UdpSocket.bind(0, 0, BUFFER);
        EventFd wake = new EventFd()) {
      Poller poller = new Poller(socket, wake);
      wake.signal();
      wake.signal();

      poller.await();
      assertThat(poller.isWoken()).isTrue();
      assertThat(poller.isReadable()).isFalse();

      wake.clear();
      poller.await(Duration.ofMillis(1));
      assertThat(poller.isWoken()).isFalse();
    }
  }

  @Test
  void lengthBeyondTheBufferIsOurBug() {
    try (UdpSocket socket = UdpSocket.bind(0, 0, BUFFER)) {
      Datagram out = new Datagram(10);
      out.to(LOOPBACK, 9);

      assertThatThrownBy(() -> socket.send(out, 11)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
