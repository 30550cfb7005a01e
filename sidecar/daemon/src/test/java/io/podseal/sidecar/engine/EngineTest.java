package io.podseal.sidecar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Features;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.telemetry.ProtocolEvent;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlane;
import io.podseal.sidecar.dataplane.PeerTable;
import io.podseal.sidecar.lab.Lab;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What finds the way to an engine thread that does not keep up. */
final class EngineTest {
  private static final Endpoint STRANGER = new Endpoint(Lab.ipv4("10.8.0.66"), 500);
  private static final byte[] MESSAGE = new byte[28];

  private final Events events = new Events();
  private final Engine engine =
      new Engine(
          new LocalPod(new Identity("self"), Lab.ipv4("10.8.0.1")),
          new JdkCryptoProvider(),
          new SecureRandom()::nextBytes,
          KeyLog.NONE,
          IkeOptions.DEFAULT,
          listener -> new NoPlane(),
          (message, to) -> true,
          events,
          new MonotonicClock());

  @AfterEach
  void close() {
    events.goOn.countDown();
    engine.close();
  }

  @Test
  void aFloodOfStrangersLeavesRoomForWhatAuthenticatedPacketsSay() throws Exception {
    flood();

    assertThat(engine.firstInbound(0x1001)).isTrue();
    assertThat(engine.remoteMoved(0x1001, STRANGER)).isTrue();
    assertThat(events.count(DropReason.QUEUE_FULL)).as("only the flood's").isEqualTo(1);
  }

  @Test
  void whatIsNotTakenIsSaidAndCounted() throws Exception {
    flood();
    for (int i = 0; i < InputQueue.PROVEN_INPUTS; i++) {
      engine.firstInbound(i);
    }

    assertThat(engine.firstInbound(0x1001)).isFalse();
    assertThat(engine.remoteMoved(0x1001, STRANGER)).isFalse();
    assertThat(events.count(DropReason.QUEUE_FULL)).isEqualTo(3);
  }

  @Test
  void aMessageFromPortZeroIsDroppedBeforeTheEngineSeesIt() throws Exception {
    engine.ikeOn500(new byte[1], new Endpoint(STRANGER.address(), 0));
    engine.ikeOn500(new byte[1], STRANGER);

    assertThat(events.busy.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(events.drops)
        .containsOnly(
            Map.entry(DropReason.DATAGRAM_SOURCE_PORT, 1L), Map.entry(DropReason.IKE_HEADER, 1L));
  }

  /** Keeps the engine thread busy and sends it what it has no time for. */
  private void flood() throws InterruptedException {
    engine.ikeOn500(new byte[1], STRANGER);
    assertThat(events.busy.await(30, TimeUnit.SECONDS)).isTrue();
    while (events.count(DropReason.QUEUE_FULL) == 0) {
      engine.ikeOn500(MESSAGE, STRANGER);
    }
  }

  /** Holds the engine thread at the first drop that it reports. */
  private static final class Events implements EngineEvents {
    private final CountDownLatch busy = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Map<DropReason, Long> drops = new ConcurrentHashMap<>();

    long count(DropReason reason) {
      return drops.getOrDefault(reason, 0L);
    }

    @Override
    public void dropped(DropReason reason) {
      drops.merge(reason, 1L, Long::sum);
      if ("ike-engine".equals(Thread.currentThread().getName())) {
        busy.countDown();
        try {
          goOn.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void event(ProtocolEvent event) {}

    @Override
    public void liveSas(List<LiveSa> sas) {}
  }

  private static final class NoPlane implements DataPlane {
    @Override
    public String name() {
      return "none";
    }

    @Override
    public Features features() {
      return new Features(true, true, true, true, false, 64);
    }

    @Override
    public void peers(PeerTable table) {}

    @Override
    public void install(ChildSa sa) {}

    @Override
    public void selectOutbound(int inboundSpi) {}

    @Override
    public void stopSending(int inboundSpi) {}

    @Override
    public void remote(int inboundSpi, Endpoint to) {}

    @Override
    public void remove(int inboundSpi) {}

    @Override
    public boolean sendIke(byte[] message, Endpoint to) {
      return true;
    }

    @Override
    public void sendKeepalive(Endpoint to) {}

    @Override
    public List<ChildSaStats> stats() {
      return List.of();
    }

    @Override
    public long dropped(DropReason reason) {
      return 0;
    }

    @Override
    public void close() {}
  }
}
