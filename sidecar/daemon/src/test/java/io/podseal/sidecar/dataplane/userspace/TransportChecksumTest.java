package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.InnerHeader;
import io.podseal.protocol.esp.Ipv4;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.sidecar.dataplane.ChildSa;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TransportChecksumTest {
  private static final Inet4Address PEER = address(10, 0, 0, 2);
  private static final Inet4Address US = address(192, 168, 7, 2);

  /** How the peer addresses us: by our NAT. */
  private static final Inet4Address NAT = address(203, 0, 113, 9);

  private static final int TRANSPORT = VirtioHeader.LENGTH + InnerHeader.LENGTH;
  private static final int ICMP = 1;

  private final Random random = new Random(7);
  private final byte[] packet = new byte[2000];

  @Test
  void kernelCompletesTheChecksumOfTcpForOurAddresses() {
    for (int data : new int[] {0, 1, 2, 999, 1400}) {
      byte[] segment = sealedFor(NAT, Ipv4.TCP, 20 + data, 16);
      open(segment, Ipv4.TCP);
      assertThat(isRight(Ipv4.TCP, segment.length)).as("%s octets, as they came", data).isFalse();

      assertThat(TransportChecksum.leave(packet, Ipv4.TCP, segment.length)).isTrue();

      completeAsTheKernelDoes(segment.length);
      assertThat(isRight(Ipv4.TCP, segment.length)).as("%s octets", data).isTrue();
    }
  }

  @Test
  void kernelCompletesTheChecksumOfUdp() {
    byte[] datagram = sealedFor(NAT, Ipv4.UDP, 8 + 333, 6);
    open(datagram, Ipv4.UDP);

    assertThat(TransportChecksum.leave(packet, Ipv4.UDP, datagram.length)).isTrue();

    completeAsTheKernelDoes(datagram.length);
    assertThat(isRight(Ipv4.UDP, datagram.length)).isTrue();
  }

  @Test
  void datagramWithoutChecksumAndOtherProtocolsAndScrapsStayAsTheyAre() {
    byte[] datagram = sealedFor(NAT, Ipv4.UDP, 8 + 333, 6);
    datagram[6] = 0;
    datagram[7] = 0;
    staysAsItIs(Ipv4.UDP, datagram);
    staysAsItIs(ICMP, sealedFor(NAT, Ipv4.UDP, 64, 2));
    staysAsItIs(Ipv4.TCP, new byte[17]);
    staysAsItIs(Ipv4.UDP, new byte[7]);
    staysAsItIs(Ipv4.TCP, new byte[0]);
  }

  private void staysAsItIs(int protocol, byte[] transport) {
    open(transport, protocol);
    byte[] before = packet.clone();

    assertThat(TransportChecksum.leave(packet, protocol, transport.length)).isFalse();
    assertThat(packet).isEqualTo(before);
  }

  /** One segment alone in a run leaves as it came, unless a NAT stands between. */
  @Test
  void segmentThatNothingFollowsHasItsChecksumLeftToTheKernelToo() {
    byte[] segment = sealedFor(NAT, Ipv4.TCP, 20 + 500, 16);
    segment[12] = 0x50;
    segment[13] = 0x10;
    for (boolean translated : new boolean[] {false, true}) {
      TcpRun run = new TcpRun();
      run.begin(sa(translated), segment, 0, segment.length);
      run.finish();
      assertThat(VirtioHeader.needsChecksum(run.array())).isEqualTo(translated);
    }
  }

  /** A transport packet whose checksum is over the addresses that the peer knows. */
  private byte[] sealedFor(Inet4Address destination, int protocol, int length, int offset) {
    byte[] transport = new byte[length];
    random.nextBytes(transport);
    transport[offset] = 0;
    transport[offset + 1] = 0;
    System.arraycopy(transport, 0, packet, TRANSPORT, length);
    new InnerHeader(PEER, destination).write(packet, VirtioHeader.LENGTH, protocol, length);
    int pseudo = InternetChecksum.pseudoHeader(packet, TRANSPORT - 8, protocol, length);
    int checksum = ~InternetChecksum.sum(packet, TRANSPORT, length, pseudo) & 0xffff;
    transport[offset] = (byte) (checksum >>> 8);
    transport[offset + 1] = (byte) checksum;
    return transport;
  }

  /** What the opener does before: our addresses in front. */
  private void open(byte[] transport, int protocol) {
    VirtioHeader.putPlain(packet);
    System.arraycopy(transport, 0, packet, TRANSPORT, transport.length);
    new InnerHeader(PEER, US).write(packet, VirtioHeader.LENGTH, protocol, transport.length);
  }

  private void completeAsTheKernelDoes(int length) {
    assertThat(VirtioHeader.needsChecksum(packet)).isTrue();
    assertThat(VirtioHeader.gsoType(packet)).isEqualTo(VirtioHeader.GSO_NONE);
    int start = VirtioHeader.LENGTH + VirtioHeader.checksumStart(packet);
    int at = start + VirtioHeader.checksumOffset(packet);
    int checksum = ~InternetChecksum.sum(packet, start, TRANSPORT + length - start, 0) & 0xffff;
    packet[at] = (byte) (checksum >>> 8);
    packet[at + 1] = (byte) checksum;
  }

  private boolean isRight(int protocol, int length) {
    int pseudo = InternetChecksum.pseudoHeader(packet, TRANSPORT - 8, protocol, length);
    return InternetChecksum.sum(packet, TRANSPORT, length, pseudo) == 0xffff;
  }

  private Sa sa(boolean translated) {
    EncryptionAlgorithm cipher = EncryptionAlgorithm.AES_GCM_16_128;
    SecretBytes key = SecretBytes.adopt(new byte[cipher.keymatLength()]);
    return new Sa(
        new ChildSa(
            "peer",
            new ChildSaKeys(1000, 2000, EspSuite.aead(cipher, true), key, key),
            ChildMode.TRANSPORT,
            TrafficSelectors.hosts(US, PEER),
            new Endpoint(PEER, 4500),
            US,
            PEER,
            translated),
        new JdkCryptoProvider(),
        random::nextBytes,
        1500);
  }

  private static Inet4Address address(int... octets) {
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      bytes[i] = (byte) octets[i];
    }
    try {
      return (Inet4Address) InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
