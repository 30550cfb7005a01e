package io.podseal.sidecar.lab;

import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.linux.NetworkNamespace;
import io.podseal.sidecar.linux.PacketSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Keeps every IPv4 packet that passes an interface until it is closed. */
public final class Wire implements AutoCloseable {
  private static final int IPV4 = 0x0800;
  private static final int UDP = 17;

  /** On a wire that is never quiet. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final PacketSocket socket;
  private final Thread thread;
  private final List<byte[]> packets = new CopyOnWriteArrayList<>();
  private final AtomicLong quietLooks = new AtomicLong();
  private volatile boolean running = true;

  public Wire(NetworkNamespace namespace, String interfaceName) throws Exception {
    this.socket =
        namespace.call(() -> PacketSocket.open(interfaceName, List.of(), 64 * 1024 * 1024));
    this.thread = Thread.ofPlatform().daemon().start(this::watch);
  }

  /** Reads what is left and watches no more; what passed can be looked at. */
  public void finish() {
    close();
  }

  /** What passed before the call, and perhaps more. */
  public List<byte[]> packets() {
    catchUp();
    return packets;
  }

  /** Waits until the watcher has found its socket empty in a look that began after the call. */
  private void catchUp() {
    long target = quietLooks.get() + 2;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (running && quietLooks.get() < target && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /**
   * First octets, in hex, of the clear packets between two pods: anything that is not UDP 500 or
   * 4500, or a part of one.
   */
  public List<String> clearBetween(Pod a, Pod b) {
    return packets().stream()
        .filter(p -> isBetween(p, a, b))
        .filter(p -> !isSealed(p))
        .map(p -> HexFormat.of().formatHex(p, 0, Math.min(40, p.length)))
        .toList();
  }

  /** UDP 4500 between two pods. */
  public List<byte[]> sealedBetween(Pod a, Pod b) {
    return packets().stream().filter(p -> isBetween(p, a, b)).filter(Wire::isSealed).toList();
  }

  /** Reads what is left and ends; does nothing the second time. */
  @Override
  public void close() {
    if (!running) {
      return;
    }
    running = false;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long lost = socket.statistics().lost();
    socket.close();
    if (lost > 0) {
      throw new IllegalStateException("the watcher lost " + lost + " packets, it proves nothing");
    }
  }

  private void watch() {
    byte[] packet = new byte[65_536];
    int length = 0;
    // Also what waits in the socket when it is closed.
    while (running || length > 0) {
      length = socket.receive(packet, Duration.ofMillis(20));
      if (length <= 0) {
        quietLooks.incrementAndGet();
      } else if (socket.protocol() == IPV4) {
        packets.add(Arrays.copyOf(packet, length));
      }
    }
  }

  private static boolean isBetween(byte[] packet, Pod a, Pod b) {
    byte[] from = Arrays.copyOfRange(packet, 12, 16);
    byte[] to = Arrays.copyOfRange(packet, 16, 20);
    byte[] one = a.address().getAddress();
    byte[] other = b.address().getAddress();
    return (Arrays.equals(from, one) && Arrays.equals(to, other))
        || (Arrays.equals(from, other) && Arrays.equals(to, one));
  }

  private static boolean isSealed(byte[] packet) {
    ByteBuffer p = ByteBuffer.wrap(packet);
    if (packet[9] != UDP) {
      return false;
    }
    boolean laterFragment = (p.getShort(6) & 0x1fff) != 0;
    int header = (packet[0] & 0x0f) * 4;
    return laterFragment
        || isOurs(p.getShort(header) & 0xffff)
        || isOurs(p.getShort(header + 2) & 0xffff);
  }

  private static boolean isOurs(int port) {
    return port == 500 || port == 4500;
  }
}
