package io.podseal.sidecar.dataplane.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.policy.Endpoint;
import io.podseal.sidecar.lab.Lab;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The look-up structures of the data threads. */
final class TablesTest {

  @Test
  void mapAnswersAsAHashMapDoes() {
    Random random = new Random(4);
    for (int size : new int[] {0, 1, 2, 3, 7, 64, 1000}) {
      Map<Integer, String> model = new HashMap<>();
      for (int i = 0; i < size; i++) {
        int key = random.nextBoolean() ? random.nextInt() : 0x0a080000 + random.nextInt(4 * size);
        model.put(key, "v" + key);
      }
      IntMap<String> map = new IntMap<>(model);

      model.forEach((key, value) -> assertThat(map.get(key)).isEqualTo(value));
      for (int i = 0; i < 1000; i++) {
        int key = random.nextInt();
        assertThat(map.get(key)).isEqualTo(model.get(key));
      }
      assertThat(map.get(0)).isEqualTo(model.get(0));
    }
  }

  @Test
  void udpAddressSurvivesPacking() {
    for (String ip : new String[] {"0.0.0.0", "10.8.0.1", "127.255.0.1", "255.255.255.255"}) {
      for (int port : new int[] {0, 1, 500, 4500, 65_535}) {
        Endpoint endpoint = new Endpoint(Lab.ipv4(ip), port);
        long packed = UdpAddress.pack(endpoint);

        assertThat(UdpAddress.unpack(packed)).isEqualTo(endpoint);
        assertThat(UdpAddress.pack(UdpAddress.address(packed), UdpAddress.port(packed)))
            .isEqualTo(packed);
      }
    }
  }

  @Test
  void rateLimiterAllowsOneInAnInterval() {
    RateLimiter limiter = new RateLimiter(Duration.ofMillis(500));
    long start = Long.sum(Long.MAX_VALUE, -1000);

    assertThat(limiter.allows(7, start)).isTrue();
    assertThat(limiter.allows(7, start + 499_999_999)).isFalse();
    assertThat(new Random(4).ints(16))
        .as("other keys, of which few meet 7")
        .anyMatch(key -> limiter.allows(key, start + 1));
    assertThat(limiter.allows(7, start + 500_000_000)).isTrue();
  }

  @Test
  void keysThatShareAnAllowanceShareNoneInAnotherRateLimiter() {
    Duration interval = Duration.ofMillis(500);
    RateLimiter one = new RateLimiter(interval);
    // An hour between two tries, so that what one uses up is free again for the next.
    PrimitiveIterator.OfLong hours = LongStream.iterate(0, h -> h + 3_600_000_000_000L).iterator();
    int[] colliding =
        new Random(4)
            .ints()
            .filter(key -> collides(one, 7, key, hours.nextLong()))
            .limit(8)
            .toArray();

    assertThat(IntStream.of(colliding))
        .as("each meets 7 again with a probability of 1/512")
        .anyMatch(key -> !collides(new RateLimiter(interval), 7, key, 0));
  }

  private static boolean collides(RateLimiter limiter, int key, int other, long now) {
    assertThat(limiter.allows(key, now)).isTrue();
    return !limiter.allows(other, now);
  }
}
