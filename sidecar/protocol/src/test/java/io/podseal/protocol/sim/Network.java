package io.podseal.protocol.sim;

import io.podseal.protocol.policy.Endpoint;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** How the simulated network treats datagrams; all probabilities are per datagram. */
final class Network {
  final Random random;
  double loss;
  double duplication;
  double corruption;
  Duration latency = Duration.ofMillis(1);
  Duration reorder = Duration.ZERO;
  private final Map<Endpoint, Endpoint> outward = new HashMap<>();
  private final Map<Endpoint, Endpoint> inward = new HashMap<>();

  Network(long seed) {
    random = new Random(seed);
  }

  Duration delay() {
    return reorder.isZero()
        ? latency
        : latency.plusNanos((long) (random.nextDouble() * reorder.toNanos()));
  }

  boolean loses() {
    return random.nextDouble() < loss;
  }

  boolean duplicates() {
    return random.nextDouble() < duplication;
  }

  /** Now and then one bit of an IKE message arrives changed. */
  World.Packet corrupted(World.Packet packet) {
    if (!(packet instanceof World.Ike ike) || random.nextDouble() >= corruption) {
      return packet;
    }
    byte[] message = ike.message().clone();
    int bit = random.nextInt(message.length * 8);
    message[bit / 8] ^= (byte) (1 << bit % 8);
    return new World.Ike(message, ike.fromPort());
  }

  /** Puts {@code inside} behind a NAT that shows it as {@code outside}. */
  void nat(Endpoint inside, Endpoint outside) {
    Endpoint before = outward.put(inside, outside);
    if (before != null) {
      inward.remove(before);
    }
    inward.put(outside, inside);
  }

  Endpoint seenFrom(Endpoint source) {
    return outward.getOrDefault(source, source);
  }

  Endpoint delivered(Endpoint destination) {
    return inward.getOrDefault(destination, destination);
  }

  void heal() {
    loss = 0;
    duplication = 0;
    corruption = 0;
    reorder = Duration.ZERO;
  }
}
