package io.podseal.sidecar.engine;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.IkeSaView;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.ike.MessageLog;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.PresharedKey;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.sidecar.dataplane.ChildSa;
import io.podseal.sidecar.dataplane.ChildSaStats;
import io.podseal.sidecar.dataplane.DataPlane;
import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.dataplane.PeerTable;
import java.net.Inet4Address;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Drives the IKE endpoint: one thread takes inputs from a bounded queue, hands them to the endpoint
 * with the time, runs the actions and waits for the next input or deadline.
 *
 * <p>The methods of {@link DataPlaneListener} and {@link #ikeOn500} may be called from any thread
 * and never block: when the queue is full the input is dropped and counted. The others wait for the
 * engine thread.
 */
public final class Engine implements DataPlaneListener, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Engine.class.getName());

  /** Every IKE message as a line, at level debug. */
  private static final System.Logger MESSAGES = System.getLogger("podseal.ike");

  /** Between two looks at the traffic of all SAs, and at least between two lists of them. */
  private static final Duration REPORT = Duration.ofSeconds(1);

  /** Half of the sequence numbers of 32 bits; of 64 bits nobody uses half. */
  private static final long WORN = 1L << 31;

  private final IkeEndpoint endpoint;
  private final DataPlane dataPlane;
  private final IkeSender port500;
  private final EngineEvents events;
  private final InstantSource clock;
  private final Endpoint local500;
  private final Endpoint local4500;
  private final Optional<SecretBytes> crashSecret;
  private final InputQueue inputs = new InputQueue();
  private final Thread thread;
  private volatile boolean running = true;
  private Instant reportTrafficAt;
  private boolean sasChanged;
  private Instant reportedAt = Instant.MIN;
  private List<EngineEvents.LiveSa> reported = List.of();

  /**
   * Starts the thread.
   *
   * @param options its secret is the engine's from now on
   * @param dataPlane makes the data plane that reports to this engine; the engine closes it
   */
  public Engine(
      LocalPod self,
      CryptoProvider crypto,
      RandomSource random,
      KeyLog keyLog,
      IkeOptions options,
      Function<DataPlaneListener, DataPlane> dataPlane,
      IkeSender port500,
      EngineEvents events,
      InstantSource clock) {
    this.endpoint = new IkeEndpoint(self, crypto, random, keyLog, logged(options));
    this.crashSecret = options.qcdSecret();
    this.port500 = port500;
    this.events = events;
    this.clock = clock;
    this.local500 = new Endpoint(self.address(), Ports.IKE);
    this.local4500 = new Endpoint(self.address(), Ports.IKE_NAT_TRAVERSAL);
    this.reportTrafficAt = clock.instant().plus(REPORT);
    this.thread = new Thread(this::loop, "ike-engine");
    this.dataPlane = dataPlane.apply(this);
    thread.setDaemon(true);
    thread.start();
  }

  private static IkeOptions logged(IkeOptions options) {
    return options.withMessages(
        new MessageLog(
            () -> MESSAGES.isLoggable(System.Logger.Level.DEBUG),
            line -> MESSAGES.log(System.Logger.Level.DEBUG, line)));
  }

  private void loop() {
    while (running) {
      try {
        Instant now = clock.instant();
        Instant next = endpoint.deadline().filter(reportTrafficAt::isAfter).orElse(reportTrafficAt);
        long wait = Math.max(0, Duration.between(now, next).toNanos());
        inputs.poll(wait).ifPresent(Runnable::run);
        timers();
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        // A bug of ours must not take down the SAs that work.
        LOG.log(System.Logger.Level.ERROR, "the IKE engine met a bug; it goes on", e);
      }
    }
  }

  private void timers() {
    Instant now = clock.instant();
    if (endpoint.deadline().filter(at -> !at.isAfter(now)).isPresent()) {
      run(endpoint.timer(now));
    }
    if (!reportTrafficAt.isAfter(now)) {
      reportTrafficAt = now.plus(REPORT);
      for (ChildSaStats s : dataPlane.stats()) {
        run(
            endpoint.traffic(
                s.inboundSpi(),
                s.lastInbound().orElse(Instant.MIN),
                s.lastOutbound().orElse(Instant.MIN),
                now));
        if (s.outboundSequence() >= WORN) {
          run(endpoint.worn(s.inboundSpi(), now));
        }
      }
    }
    reportLiveSas(now);
  }

  private void run(List<Action> actions) {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s -> send(s);
        case Action.Keepalive k -> dataPlane.sendKeepalive(k.to());
        case Action.InstallChild c -> {
          install(c);
          sasChanged = true;
        }
        case Action.SelectOutbound s -> dataPlane.selectOutbound(s.inboundSpi());
        case Action.StopSending s -> dataPlane.stopSending(s.inboundSpi());
        case Action.MoveRemote m -> dataPlane.remote(m.inboundSpi(), m.to());
        case Action.RemoveChild r -> {
          dataPlane.remove(r.inboundSpi());
          sasChanged = true;
        }
        case Action.Drop d -> events.dropped(d.reason());
        case Action.Emit e -> {
          events.event(e.event());
          sasChanged = true;
        }
      }
    }
  }

  private void send(Action.Send send) {
    boolean sent =
        send.encapsulated()
            ? dataPlane.sendIke(send.message(), send.to())
            : port500.send(send.message(), send.to());
    if (!sent && !send.encapsulated()) {
      events.dropped(DropReason.SEND_FAILED);
    }
  }

  private void install(Action.InstallChild c) {
    dataPlane.install(
        new ChildSa(
            c.peer().name(),
            c.keys(),
            c.mode(),
            c.selectors(),
            c.remote(),
            (Inet4Address) c.local(),
            (Inet4Address) c.remoteInner(),
            c.translated()));
    c.keys().destroy();
  }

  /** A list of all SAs after a change, but not for each of a thousand changes in a second. */
  private void reportLiveSas(Instant now) {
    if (!sasChanged || reportedAt.plus(REPORT).isAfter(now)) {
      return;
    }
    sasChanged = false;
    reportedAt = now;
    List<EngineEvents.LiveSa> live =
        endpoint.established().stream()
            .map(sa ->
                new EngineEvents.LiveSa(
                    sa.peer().map(Identity::name).orElse(""), sa.epoch(), sa.inboundSpis().size()))
            .toList();
    if (!live.equals(reported)) {
      reported = live;
      events.liveSas(live);
    }
  }

  private void offer(Function<Instant, List<Action>> input) {
    offer(0, input);
  }

  private void offer(int octets, Function<Instant, List<Action>> input) {
    counted(inputs.offer(() -> run(input.apply(clock.instant())), octets));
  }

  private boolean offerProven(Function<Instant, List<Action>> input) {
    return counted(inputs.offerProven(() -> run(input.apply(clock.instant()))));
  }

  private boolean counted(boolean taken) {
    if (!taken) {
      events.dropped(DropReason.QUEUE_FULL);
    }
    return taken;
  }

  /** An IKE message arrived on UDP 500; from port 0 it is dropped, as nothing can be sent there. */
  public void ikeOn500(byte[] message, Endpoint from) {
    if (from.port() == 0) {
      events.dropped(DropReason.DATAGRAM_SOURCE_PORT);
      return;
    }
    offer(message.length, now -> endpoint.datagram(message, from, local500, now));
  }

  @Override
  public void ikeReceived(byte[] message, Endpoint from) {
    offer(message.length, now -> endpoint.datagram(message, from, local4500, now));
  }

  @Override
  public void sealingNeeded(String peerIdentity) {
    offer(now -> endpoint.sealingNeeded(new Identity(peerIdentity), now));
  }

  @Override
  public void unknownSpi(int spi, Endpoint from) {
    offer(now -> endpoint.unknownSpi(spi, from, now));
  }

  @Override
  public boolean firstInbound(int inboundSpi) {
    return offerProven(now -> endpoint.firstInbound(inboundSpi, now));
  }

  @Override
  public boolean remoteMoved(int inboundSpi, Endpoint from) {
    return offerProven(now -> endpoint.remoteMoved(inboundSpi, from, now));
  }

  /** Ends the SAs of these peers; when this returns nothing is sealed to or opened from them. */
  public void removePeers(Collection<Identity> identities) {
    call(() -> run(endpoint.removePeers(identities, clock.instant())));
  }

  /**
   * Adds peers or replaces what is known of them; the engine takes over their keys.
   *
   * @param table inner addresses of all peers that are sealed
   */
  public void putPeers(Collection<Peer> peers, PeerTable table) {
    call(() -> {
      dataPlane.peers(table);
      run(endpoint.putPeers(able(peers), clock.instant()));
    });
  }

  /** Peers as far as the data plane can serve them; what it cannot serve stays unreachable. */
  private List<Peer> able(Collection<Peer> peers) {
    List<Peer> able = new ArrayList<>();
    for (Peer peer : peers) {
      Optional<Peer> limited = dataPlane.features().limit(peer);
      if (limited.isPresent()) {
        able.add(limited.get());
      } else {
        LOG.log(
            System.Logger.Level.ERROR,
            "{0} asks for a mode or sequence numbers that the data plane {1} lacks: {2}",
            peer.label(),
            dataPlane.name(),
            dataPlane.features());
        peer.keys().forEach(PresharedKey::destroy);
      }
    }
    return able;
  }

  /** Every IKE SA, for status pages. */
  public List<IkeSaView> view() {
    CompletableFuture<List<IkeSaView>> view = new CompletableFuture<>();
    call(() -> view.complete(endpoint.view()));
    return Optional.ofNullable(view.getNow(null)).orElse(List.of());
  }

  public DataPlane dataPlane() {
    return dataPlane;
  }

  /** Sends every peer a Delete, stops the thread and closes the data plane. */
  @Override
  public void close() {
    if (running) {
      call(() -> run(endpoint.shutdown(clock.instant())));
      running = false;
      thread.interrupt();
      dataPlane.close();
      crashSecret.ifPresent(SecretBytes::destroy);
    }
  }

  /** Runs {@code task} on the engine thread and waits for it. */
  private void call(Runnable task) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Runnable input =
        () -> {
          try {
            task.run();
            done.complete(null);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        };
    try {
      inputs.put(input);
      done.get(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the IKE engine worked", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the IKE engine did not carry out a request", e);
    }
  }
}
