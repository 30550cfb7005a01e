package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.telemetry.DropReason;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class HoldQueueTest {
  private static final long MILLI = 1_000_000;

  /** Shortly before nanoTime wraps round. */
  private static final long START = Long.sum(Long.MAX_VALUE, -100 * MILLI);

  private final DropCounters drops = new DropCounters();
  private final HoldQueue queue = new HoldQueue(drops);

  @Test
  void sealingIsAskedForOnceInHalfASecondAndPeer() {
    assertThat(hold("b", 10, START)).isTrue();
    assertThat(hold("b", 10, START + 499 * MILLI)).isFalse();
    assertThat(hold("c", 10, START + 499 * MILLI)).isTrue();
    assertThat(hold("b", 10, START + 500 * MILLI)).isTrue();
  }

  @Test
  void onePeerHoldsSixtyFourPackets() {
    for (int i = 0; i < 65; i++) {
      hold("b", 10, START);
    }

    assertThat(drops.read(DropReason.HOLD_QUEUE_FULL)).isEqualTo(1);
    assertThat(released("b")).hasSize(64);
  }

  @Test
  void onePeerHolds256KilobytesAndAllTogether4Megabytes() {
    for (int peer = 0; peer < 20; peer++) {
      for (int i = 0; i < 5; i++) {
        hold("peer" + peer, 64 * 1024, START);
      }
    }

    assertThat(drops.read(DropReason.HOLD_QUEUE_FULL)).isEqualTo(20 + 4 * 4);
    int[] held = {0};
    queue.release((packet, peer) -> {
      held[0] += packet.length;
      return true;
    });
    assertThat(held[0]).isEqualTo(HoldQueue.OCTETS);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void packetsExpireAfterTwoSecondsAndMakeRoom() {
    hold("b", 10, START);
    hold("b", 11, START + 1000 * MILLI);
    assertThat(queue.nanosToExpiry(START + 500 * MILLI)).isEqualTo(OptionalLong.of(1500 * MILLI));

    queue.expire(START + 2000 * MILLI - 1);
    assertThat(drops.read(DropReason.HOLD_EXPIRED)).isZero();
    queue.expire(START + 2000 * MILLI);

    assertThat(drops.read(DropReason.HOLD_EXPIRED)).isEqualTo(1);
    assertThat(released("b")).containsExactly(11);
    queue.expire(START + 3000 * MILLI);
    assertThat(queue.nanosToExpiry(START)).as("nothing is remembered").isEmpty();
  }

  @Test
  void whatIsNotReleasedKeepsItsPlace() {
    hold("b", 1, START);
    hold("b", 2, START);
    hold("b", 3, START);
    queue.release((packet, peer) -> packet.length == 2);

    assertThat(released("b")).containsExactly(1, 3);
  }

  @Test
  void heldPacketIsACopy() {
    byte[] packet = {1, 2, 3};
    queue.hold(packet, 2, "b", START);
    packet[0] = 9;

    queue.release((held, peer) -> {
      assertThat(held).containsExactly(1, 2);
      assertThat(peer).isEqualTo("b");
      return true;
    });
  }

  private boolean hold(String peer, int length, long now) {
    return queue.hold(new byte[length], length, peer, now);
  }

  private List<Integer> released(String peer) {
    List<Integer> lengths = new ArrayList<>();
    queue.release((packet, identity) -> {
      if (identity.equals(peer)) {
        lengths.add(packet.length);
      }
      return true;
    });
    return lengths;
  }
}
