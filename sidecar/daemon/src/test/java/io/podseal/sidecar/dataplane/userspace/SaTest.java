package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.policy.ChildMode;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.EspSuite;
import io.podseal.protocol.policy.TrafficSelectors;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.lab.Lab;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an SA tells of the authentic packets that arrive on it. */
final class SaTest {
  private static final Inet4Address LOCAL = Lab.ipv4("10.8.0.1");
  private static final Inet4Address PEER = Lab.ipv4("10.8.0.2");
  private static final Endpoint HOME = new Endpoint(PEER, 4500);
  private static final Endpoint ELSEWHERE = new Endpoint(PEER, 61_000);
  private static final Endpoint FARTHER = new Endpoint(PEER, 62_000);
  private static final long PAUSE = Sa.REPORT_PAUSE_MILLIS;

  private final Listener listener = new Listener();
  private final Sa sa = sa();
  private long now = 1_000_000;

  @Test
  void firstPacketAndMoveAreReportedOnce() {
    packetFrom(HOME, 0);
    packetFrom(ELSEWHERE, 1);
    for (int i = 0; i < 10; i++) {
      packetFrom(ELSEWHERE, PAUSE);
    }

    assertThat(listener.calls).containsExactly("first", "moved " + ELSEWHERE);
  }

  @Test
  void whatIsNotTakenIsReportedAgain() {
    listener.full = true;
    packetFrom(ELSEWHERE, 0);
    listener.full = false;
    packetFrom(ELSEWHERE, PAUSE);
    packetFrom(ELSEWHERE, PAUSE);

    assertThat(listener.calls)
        .containsExactly("first", "moved " + ELSEWHERE, "first", "moved " + ELSEWHERE);
  }

  @Test
  void aListenerWithoutRoomIsAskedSeldom() {
    listener.full = true;
    for (int i = 0; i < 10 * PAUSE; i++) {
      packetFrom(ELSEWHERE, 1);
    }

    assertThat(listener.calls).hasSize(2 * 10);
  }

  @Test
  void aSourceThatChangesWithEveryPacketIsReportedSeldomAndTheLastOneIsNotMissed() {
    packetFrom(HOME, 0);
    for (int i = 0; i < 10 * PAUSE; i++) {
      packetFrom(i % 2 == 0 ? ELSEWHERE : FARTHER, 1);
    }
    packetFrom(HOME, 1);
    packetFrom(FARTHER, PAUSE);

    assertThat(listener.calls).hasSize(1 + 10 + 1).endsWith("moved " + FARTHER);
  }

  @Test
  void aMoveAfterTheReturnIsNewsAgain() {
    packetFrom(ELSEWHERE, 0);
    packetFrom(HOME, PAUSE);
    packetFrom(ELSEWHERE, PAUSE);

    assertThat(listener.calls).containsExactly("first", "moved " + ELSEWHERE, "moved " + ELSEWHERE);
  }

  private void packetFrom(Endpoint source, long millisLater) {
    now += millisLater;
    sa.report(UdpAddress.pack(source), now, listener);
  }

  private static Sa sa() {
    EspSuite suite = EspSuite.aead(EncryptionAlgorithm.AES_GCM_16_128, true);
    ChildSaKeys keys =
        new ChildSaKeys(
            0x1001,
            0x1002,
            suite,
            SecretBytes.adopt(new byte[suite.keymatLength()]),
            SecretBytes.adopt(new byte[suite.keymatLength()]));
    ChildSa child =
        new ChildSa(
            "peer",
            keys,
            ChildMode.TRANSPORT,
            TrafficSelectors.hosts(LOCAL, PEER),
            HOME,
            LOCAL,
            PEER,
            false);
    return new Sa(child, new CountedCrypto(), octets -> {}, 1500);
  }

  private static final class Listener implements DataPlaneListener {
    private final List<String> calls = new ArrayList<>();
    private boolean full;

    @Override
    public void ikeReceived(byte[] message, Endpoint from) {}

    @Override
    public void sealingNeeded(String peerIdentity) {}

    @Override
    public void unknownSpi(int spi, Endpoint from) {}

    @Override
    public boolean firstInbound(int inboundSpi) {
      calls.add("first");
      return !full;
    }

    @Override
    public boolean remoteMoved(int inboundSpi, Endpoint from) {
      calls.add("moved " + from);
      return !full;
    }
  }
}
