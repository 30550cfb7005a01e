package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class InnerHeaderTest {

  /** The checksum was computed apart from this code, as RFC 1071 says. */
  @Test
  void headerCarriesTheBoundAddressesAndACorrectChecksum() throws UnknownHostException {
    byte[] b = new byte[30];

    new InnerHeader(address("10.244.1.5"), address("10.244.2.7")).write(b, 5, 6, 1000);

    assertThat(HexFormat.of().formatHex(b, 5, 25))
        .isEqualTo("450003fc0000400040061e090af401050af40207");
  }

  @Test
  void checksumVerifiesForAnyAddressesProtocolAndLength() throws UnknownHostException {
    Random random = new Random(3);
    byte[] b = new byte[20];
    for (int i = 0; i < 20_000; i++) {
      byte[] source = new byte[4];
      byte[] destination = new byte[4];
      random.nextBytes(source);
      random.nextBytes(destination);
      int payload = random.nextInt(65_516);

      new InnerHeader(
              (Inet4Address) InetAddress.getByAddress(source),
              (Inet4Address) InetAddress.getByAddress(destination))
          .write(b, 0, random.nextInt(256), payload);

      int sum = 0;
      for (int j = 0; j < 20; j += 2) {
        sum += BigEndian.getShort(b, j);
      }
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      assertThat(sum).isEqualTo(0xffff);
      assertThat(Ipv4.headerLength(b, 0, 20 + payload)).isEqualTo(20);
    }
  }

  private static Inet4Address address(String s) throws UnknownHostException {
    return (Inet4Address) InetAddress.getByName(s);
  }
}
