package io.podseal.sidecar.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.message.MessageDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class InputQueueTest {
  private final InputQueue queue = new InputQueue();

  @Test
  void aFloodOfLongDatagramsIsHeldToItsOctets() {
    int held = flood(MessageDecoder.MAX_LENGTH);

    assertThat(held).isEqualTo(InputQueue.OCTETS / MessageDecoder.MAX_LENGTH);
  }

  @Test
  void aFloodOfShortDatagramsIsHeldToItsNumber() {
    assertThat(flood(28)).isEqualTo(InputQueue.INPUTS);
  }

  @Test
  void whatTheEngineTakesMakesRoom() throws InterruptedException {
    flood(MessageDecoder.MAX_LENGTH);

    assertThat(queue.poll(0)).isPresent();

    assertThat(flood(MessageDecoder.MAX_LENGTH)).isEqualTo(1);
  }

  @Test
  void workOfOurOwnFindsRoomInAFlood() throws InterruptedException {
    List<String> done = new ArrayList<>();
    int before = flood(MessageDecoder.MAX_LENGTH);

    queue.put(() -> done.add("policy"));
    for (int i = 0; i <= before; i++) {
      queue.poll(0).orElseThrow().run();
    }

    assertThat(done).containsExactly("policy");
    assertThat(queue.poll(0)).isEmpty();
  }

  @Test
  void whatAuthenticatedPacketsSayFindsRoomInAFlood() throws InterruptedException {
    List<String> done = new ArrayList<>();
    int before = flood(28);

    assertThat(queue.offerProven(() -> done.add("moved"))).isTrue();
    for (int i = 0; i <= before; i++) {
      queue.poll(0).orElseThrow().run();
    }

    assertThat(done).containsExactly("moved");
  }

  @Test
  void whatAuthenticatedPacketsSayIsHeldToItsNumber() {
    flood(28);

    int held = 0;
    while (queue.offerProven(() -> {})) {
      held++;
    }

    assertThat(held).isEqualTo(InputQueue.PROVEN_INPUTS);
  }

  @Test
  void whoWaitsIsWokenByTheNextInput() throws InterruptedException {
    Thread other = Thread.ofVirtual().start(() -> queue.put(() -> {}));

    assertThat(queue.poll(TimeUnit.SECONDS.toNanos(30))).isPresent();
    other.join();
  }

  /** Returns how many inputs of {@code octets} found room. */
  private int flood(int octets) {
    int held = 0;
    while (queue.offer(() -> {}, octets)) {
      held++;
    }
    return held;
  }
}
