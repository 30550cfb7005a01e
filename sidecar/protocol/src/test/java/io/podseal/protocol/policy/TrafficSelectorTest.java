package io.podseal.protocol.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class TrafficSelectorTest {
  private static InetAddress address(String text) throws Exception {
    return InetAddress.getByName(text);
  }

  private static TrafficSelector range(int protocol, int fromPort, int toPort, int from, int to) {
    return new TrafficSelector(
        TrafficSelector.IPV4_RANGE,
        protocol,
        fromPort,
        toPort,
        Bytes.ofInt(0x0a000000 | from),
        Bytes.ofInt(0x0a000000 | to));
  }

  @Test
  void aHostIsEveryProtocolAndPortOfOneAddress() throws Exception {
    TrafficSelector host = TrafficSelector.host(address("10.0.0.7"));
    assertThat(host).isEqualTo(range(0, 0, 0xffff, 7, 7));
    assertThat(host.isWholeHost()).isTrue();
    assertThat(host.isWholeHost(address("10.0.0.7"))).isTrue();
    assertThat(host.isWholeHost(address("10.0.0.8"))).isFalse();
    TrafficSelector six = TrafficSelector.host(address("2001:db8::7"));
    assertThat(six.type()).isEqualTo(TrafficSelector.IPV6_RANGE);
    assertThat(six.isWholeHost(address("2001:db8::7"))).isTrue();
  }

  @Test
  void lessThanAHostOrMoreIsNotAHost() throws Exception {
    for (TrafficSelector other :
        new TrafficSelector[] {
          range(6, 0, 0xffff, 7, 7),
          range(0, 1, 0xffff, 7, 7),
          range(0, 0, 0xfffe, 7, 7),
          range(0, 0, 0xffff, 7, 8),
          range(0, 0, 0xffff, 6, 7),
        }) {
      assertThat(other.isWholeHost(address("10.0.0.7"))).as("%s", other).isFalse();
      assertThat(other.isWholeHost()).as("%s", other).isFalse();
    }
  }

  @Test
  void printsAsPeopleWriteIt() {
    assertThat(range(0, 0, 0xffff, 7, 7)).hasToString("10.0.0.7");
    assertThat(range(6, 443, 443, 1, 9)).hasToString("10.0.0.1-10.0.0.9/6:443-443");
  }
}
