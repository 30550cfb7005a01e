package io.podseal.sidecar.probe;

import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Performs the declared probes, each by one attempt at a time: who asks meanwhile shares it, and of
 * those only a few, so that whoever asks cannot make the application or this process do more.
 *
 * <p>Safe for use by several threads; its one thread, {@code probe}, starts with the first probe.
 */
public final class Prober implements AutoCloseable {
  private static final int MAX_WAITING = 8;
  private static final Pattern NUMERIC = Pattern.compile("[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
  private static final Outcome BUSY =
      new Outcome(Outcome.Result.BUSY, "too many wait for this probe");

  private static final class Running {
    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    int waiting = 1;
  }

  private final Probes probes;
  private final Consumer<Outcome.Result> counted;
  private final NioEventLoopGroup group =
      new NioEventLoopGroup(1, new DefaultThreadFactory("probe", true));
  private final Map<String, Running> running = new HashMap<>();

  /**
   * @param counted told of every attempt and every refusal
   */
  public Prober(Probes probes, Consumer<Outcome.Result> counted) {
    this.probes = probes;
    this.counted = counted;
  }

  /** Whether it is a hook, of which only a missing answer tells the kubelet that it failed. */
  public boolean isHook(String key) {
    return probes.get(key).hook();
  }

  /**
   * Performs a probe.
   *
   * @param key {@code container/kind}, one of {@link Probes#keys}
   */
  public CompletableFuture<Outcome> perform(String key) {
    Running begun = new Running();
    synchronized (running) {
      Running current = running.get(key);
      if (current != null) {
        if (current.waiting >= MAX_WAITING) {
          counted.accept(Outcome.Result.BUSY);
          return CompletableFuture.completedFuture(BUSY);
        }
        current.waiting++;
        return current.outcome.copy();
      }
      running.put(key, begun);
    }
    var _ =
        begun.outcome.whenComplete((outcome, failure) -> {
          synchronized (running) {
            running.remove(key);
          }
          counted.accept(outcome == null ? Outcome.Result.FAILURE : outcome.result());
        });
    begin(probes.get(key), begun.outcome);
    return begun.outcome.copy();
  }

  private void begin(Probe probe, CompletableFuture<Outcome> outcome) {
    EventLoop loop = group.next();
    var deadline =
        loop.schedule(
            () ->
                outcome.complete(
                    new Outcome(
                        Outcome.Result.TIMEOUT,
                        "no answer within " + probe.timeout().toSeconds() + " s")),
            probe.timeout().toMillis(),
            TimeUnit.MILLISECONDS);
    var _ = outcome.whenComplete((result, failure) -> deadline.cancel(false));
    Handler handler = probe.handler();
    var _ =
        resolve(handler.host())
            .whenComplete((address, failure) -> {
              if (address == null) {
                outcome.complete(Outcome.unreached(handler.host() + " has no address"));
              } else if (!outcome.isDone()) {
                loop.execute(() ->
                    attempt(probe)
                        .begin(loop, new InetSocketAddress(address, handler.port()), outcome));
              }
            });
  }

  private static Attempt attempt(Probe probe) {
    return switch (probe.handler()) {
      case Handler.HttpGet get -> new HttpAttempt(get, probe.hook());
      case Handler.TcpSocket socket -> new TcpAttempt();
      case Handler.Grpc grpc -> new GrpcAttempt(grpc.service());
    };
  }

  /** Looks names up on a thread of their own: the answer may take its time. */
  private static CompletableFuture<@Nullable InetAddress> resolve(String host) {
    return NUMERIC.matcher(host).matches()
        ? CompletableFuture.completedFuture(lookUp(host))
        : CompletableFuture.supplyAsync(
            () -> lookUp(host), task -> Thread.ofPlatform().daemon().name("probe-dns").start(task));
  }

  private static InetAddress lookUp(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new CompletionException(e);
    }
  }

  @Override
  public void close() {
    var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
