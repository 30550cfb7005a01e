package io.podseal.e2e.capture;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Watches one interface: counts every packet by pair and kind, and writes what it saw to a pcap
 * file.
 *
 * <p>ESP comes by a socket of its own. So a flood of it can neither push a clear packet nor an IKE
 * message out of the other socket's buffer. The file keeps every packet that is not ESP, and ESP
 * whole up to a number of packets a second; ESP beyond that is counted only. Thread-safe.
 */
public final class Sniffer implements AutoCloseable {
  private static final Duration TURN = Duration.ofMillis(50);
  private static final int BATCH = 256;

  private final Ledger ledger = new Ledger();
  private final PacketSocket esp;
  private final PacketSocket others;
  private final PcapWriter file;
  private final int espPerSecond;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private volatile boolean stopping;
  private final AtomicLong turns = new AtomicLong();
  private volatile Drops drops = new Drops(0, 0);
  private final AtomicLong espNotStored = new AtomicLong();
  private long budgetSecond;
  private int budgetLeft;

  /**
   * Packets the kernel dropped before the sniffer saw them.
   *
   * @param esp from the socket for whole ESP packets
   * @param others from the socket for everything else; a clear packet could hide in no other number
   */
  public record Drops(long esp, long others) {}

  private Sniffer(PacketSocket esp, PacketSocket others, PcapWriter file, int espPerSecond) {
    this.esp = esp;
    this.others = others;
    this.file = file;
    this.espPerSecond = espPerSecond;
  }

  /**
   * Starts watching {@code interfaceName}; every packet that enters it after the return is seen.
   *
   * @param espPerSecond how many ESP packets a second the file keeps
   */
  public static Sniffer start(String interfaceName, Path pcap, int espPerSecond) {
    CompletableFuture<Sniffer> started = new CompletableFuture<>();
    // The sockets are confined to the thread that reads them.
    Thread.ofPlatform()
        .daemon()
        .name("sniffer-" + interfaceName)
        .start(() -> watch(interfaceName, pcap, espPerSecond, started));
    return started.join();
  }

  private static void watch(
      String interfaceName, Path pcap, int espPerSecond, CompletableFuture<Sniffer> started) {
    @Nullable Sniffer sniffer = null;
    try {
      try (PcapWriter file = new PcapWriter(pcap);
          PacketSocket esp = PacketSocket.open(interfaceName, CaptureFilter.esp());
          PacketSocket others = PacketSocket.open(interfaceName, CaptureFilter.notEsp())) {
        sniffer = new Sniffer(esp, others, file, espPerSecond);
        started.complete(sniffer);
        sniffer.loop();
      }
      sniffer.ended.complete(null);
    } catch (IOException | RuntimeException e) {
      (sniffer == null ? started : sniffer.ended).completeExceptionally(e);
    }
  }

  private void loop() throws IOException {
    while (!stopping) {
      PacketSocket.await(TURN, others, esp);
      while (drain()) {
        // A turn ends only when both sockets were found empty.
      }
      drops = new Drops(esp.dropped(), others.dropped());
      file.flush();
      turns.incrementAndGet();
    }
  }

  private boolean drain() throws IOException {
    List<CapturedFrame> batch = new ArrayList<>();
    for (PacketSocket socket : List.of(others, esp)) {
      Optional<CapturedFrame> next = socket.next();
      for (int i = 1; next.isPresent(); i++) {
        batch.add(next.get());
        next = i < BATCH ? socket.next() : Optional.empty();
      }
    }
    batch.sort(Comparator.comparing(CapturedFrame::time));
    for (CapturedFrame frame : batch) {
      Optional<WireKind> kind = ledger.add(frame);
      if (kind.isPresent() && kind.get() == WireKind.ESP) {
        keepEsp(frame);
      } else {
        file.write(frame);
      }
    }
    return !batch.isEmpty();
  }

  private void keepEsp(CapturedFrame frame) throws IOException {
    if (frame.time().getEpochSecond() != budgetSecond) {
      budgetSecond = frame.time().getEpochSecond();
      budgetLeft = espPerSecond;
    }
    if (budgetLeft <= 0) {
      espNotStored.incrementAndGet();
      return;
    }
    for (CapturedFrame packet : Segments.of(frame)) {
      budgetLeft--;
      file.write(packet);
    }
  }

  /**
   * Returns what was seen between {@code a} and {@code b}, including all that was sent before the
   * call.
   */
  public Ledger.Summary between(InetAddress a, InetAddress b) {
    catchUp();
    return ledger.between(a, b);
  }

  /** Returns what the kernel dropped so far. */
  public Drops drops() {
    catchUp();
    return drops;
  }

  /** Returns how many ESP packets or super-packets were counted but not kept in the file. */
  public long espNotStored() {
    return espNotStored.get();
  }

  /** Waits for one whole turn of the reader that began after this call. */
  private void catchUp() {
    long target = turns.get() + 2;
    while (turns.get() < target && !ended.isDone()) {
      LockSupport.parkNanos(1_000_000);
    }
    if (ended.isCompletedExceptionally()) {
      ended.join();
    }
  }

  /** Reads what is still waiting, completes the file and stops. */
  @Override
  public void close() {
    catchUp();
    stopping = true;
    ended.join();
  }
}
