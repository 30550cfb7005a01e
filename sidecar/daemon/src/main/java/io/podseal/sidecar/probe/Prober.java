package io.podseal.sidecar.probe;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Performs declared probes from inside the pod, one attempt per key at a time: who asks meanwhile
 * shares it, up to {@value #MAX_WAITERS} at once. Its thread starts with the first probe.
 * Thread-safe.
 */
public final class Prober implements AutoCloseable {
  static final int MAX_WAITERS = 8;

  private final Probes probes;
  private final Consumer<Outcome.Result> ended;
  private final Map<String, Flight> flights = new HashMap<>();
  private @Nullable EventLoopGroup group;
  private @Nullable SslContext tls;

  private static final class Flight {
    private final Attempt attempt;
    private int waiters = 1;

    Flight(Attempt attempt) {
      this.attempt = attempt;
    }
  }

  /**
   * @param ended gets the result of every request
   */
  public Prober(Probes probes, Consumer<Outcome.Result> ended) {
    this.probes = probes;
    this.ended = ended;
  }

  /** The keys of all declared probes. */
  public Set<String> keys() {
    return probes.keys();
  }

  /** Whether it is a hook, of which the kubelet ignores the status. */
  public boolean hook(String key) {
    return probes.get(key).hook();
  }

  /**
   * Asks the application; never completes exceptionally, and not later than the probe's timeout.
   *
   * @throws IllegalArgumentException when the key is not declared
   */
  public CompletableFuture<Outcome> perform(String key) {
    CompletableFuture<Outcome> outcome = join(key, probes.get(key));
    return outcome.whenComplete((o, _) -> ended.accept(o.result()));
  }

  private synchronized CompletableFuture<Outcome> join(String key, Probe probe) {
    Flight flight = flights.get(key);
    if (flight != null) {
      if (flight.waiters == MAX_WAITERS) {
        return CompletableFuture.completedFuture(
            new Outcome(Outcome.Result.BUSY, "busy: too many wait for this probe"));
      }
      flight.waiters++;
      return flight.attempt.outcome();
    }
    Attempt attempt = new Attempt(group().next(), probe);
    flights.put(key, new Flight(attempt));
    CompletableFuture<Outcome> outcome = attempt.outcome().whenComplete((_, _) -> leave(key));
    attempt.loop().execute(() -> start(attempt));
    return outcome;
  }

  private synchronized void leave(String key) {
    flights.remove(key);
  }

  private synchronized EventLoopGroup group() {
    if (group == null) {
      group = new NioEventLoopGroup(1, new DefaultThreadFactory("probe", true));
    }
    return group;
  }

  private void start(Attempt attempt) {
    try {
      switch (attempt.probe().handler()) {
        case Handler.HttpGet get -> new HttpCheck(attempt, get, this::tls).start();
        case Handler.TcpSocket socket -> TcpCheck.start(attempt, socket);
        case Handler.Grpc grpc -> GrpcCheck.start(attempt, grpc);
      }
    } catch (RuntimeException e) {
      attempt.fail(e);
    }
  }

  private synchronized SslContext tls() {
    try {
      if (tls == null) {
        tls =
            SslContextBuilder.forClient()
                .trustManager(InsecureTrustManagerFactory.INSTANCE)
                .build();
      }
      return tls;
    } catch (SSLException e) {
      throw new IllegalStateException("no TLS for probes: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized void close() {
    if (group != null) {
      var _ = group.shutdownGracefully();
    }
  }
}
