package io.podseal.sidecar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LinuxExceptionTest {

  @Test
  void messageNamesOperationErrnoAndWhatToDo() {
    assertThat(new LinuxException("bind UDP port 500", 13, "Add NET_BIND_SERVICE."))
        .hasMessage("bind UDP port 500: EACCES (permission denied). Add NET_BIND_SERVICE.");
  }

  @Test
  void numberWithoutANameStaysANumber() {
    LinuxException e = new LinuxException("ioctl", 77, "Look.");

    assertThat(e).hasMessageContaining("errno 77");
    assertThat(e.errno()).isEqualTo(Errno.OTHER);
  }
}
