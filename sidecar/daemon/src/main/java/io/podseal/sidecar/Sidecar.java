package io.podseal.sidecar;

import io.podseal.control.v1.LiveSa;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.SaReport;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.udpencap.Ports;
import io.podseal.sidecar.control.ControlClient;
import io.podseal.sidecar.control.ControlListener;
import io.podseal.sidecar.control.ControllerAddress;
import io.podseal.sidecar.dataplane.userspace.UserspaceDataPlane;
import io.podseal.sidecar.dataplane.userspace.UserspaceOptions;
import io.podseal.sidecar.debug.WiresharkKeyLog;
import io.podseal.sidecar.engine.Engine;
import io.podseal.sidecar.engine.EngineEvents;
import io.podseal.sidecar.engine.MonotonicClock;
import io.podseal.sidecar.firewall.Firewall;
import io.podseal.sidecar.jca.SidecarCrypto;
import io.podseal.sidecar.linux.Capability;
import io.podseal.sidecar.linux.CoreDumps;
import io.podseal.sidecar.linux.LinuxException;
import io.podseal.sidecar.net.IkeSocket;
import io.podseal.sidecar.obs.SidecarMetrics;
import io.podseal.sidecar.policy.ClearFlows;
import io.podseal.sidecar.policy.Enforcement;
import io.podseal.sidecar.routing.PeerRoutes;
import io.podseal.sidecar.routing.Uplink;
import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One running sidecar: makes every part, connects them, and takes them down in order. */
final class Sidecar implements ControlListener, AutoCloseable {
  private static final System.Logger LOG = System.getLogger("podseal");

  private final SidecarOptions options;
  private final CryptoProvider crypto = new SidecarCrypto();
  private final SecureRandom random = new SecureRandom();
  private final KeyLog keyLog;
  private final SidecarMetrics metrics = new SidecarMetrics(this::report);
  private final Firewall firewall = new Firewall();
  private final Enforcement enforcement;
  private final AtomicReference<Engine> engine = new AtomicReference<>();
  private final IkeSocket port500;
  private final Health health;
  private final ControlClient control;
  private final CompletableFuture<Integer> end = new CompletableFuture<>();
  private volatile boolean connected;
  private volatile String waitingFor = "the controller's first policy";
  private String lastTrouble = "";

  Sidecar(SidecarOptions options) {
    this.options = options;
    announce();
    checkPod();
    this.keyLog = keyLog();
    this.port500 =
        IkeSocket.open(
            Ports.IKE,
            UserspaceOptions.MARK,
            (message, from) -> {
              Engine running = engine.get();
              if (running != null) {
                running.ikeOn500(message, from);
              }
            });
    this.enforcement =
        new Enforcement(
            firewall,
            new Enforcement.Settings(
                options.tun,
                UserspaceOptions.MARK,
                UserspaceOptions.UDP_PORT,
                List.of(options.healthPort),
                new ClearFlows(
                    options.controllerHost(),
                    options.controllerPort(),
                    Path.of("/etc/resolv.conf"),
                    System.getenv()),
                StartUpSelfTest.begin(crypto)),
            this::startPlane);
    metrics.build(Version.current());
    metrics.bind(firewall);
    metrics.gauge(
        "podseal.control.connected",
        "Whether the stream to the controller is up",
        () -> connected ? 1 : 0);
    metrics.gauge(
        "podseal.policy.revision", "Revision of the policy in force", enforcement::revision);
    metrics.gauge("podseal.peers", "Declared peers", enforcement::peers);
    this.health =
        new Health(
            options.healthPort, options.declaredProbes(), enforcement, metrics, () -> waitingFor);
    this.control =
        new ControlClient(
            new ControllerAddress(
                options.controllerHost(),
                options.controllerPort(),
                options.effectiveServerName(),
                options.caFile,
                options.tokenFile),
            Version.current(),
            "userspace",
            this);
  }

  private void announce() {
    LOG.log(
        System.Logger.Level.INFO,
        "Podseal sidecar {0} on Java {1}: controller {2} (certificate name {3}), TUN {4},"
            + " health on TCP {5}",
        Version.current(),
        Runtime.version(),
        options.controller,
        options.effectiveServerName(),
        options.tun,
        Integer.toString(options.healthPort));
  }

  /** Says what is missing before anything is changed. */
  private static void checkPod() {
    String lacking =
        Capability.missing(
            EnumSet.of(Capability.NET_ADMIN, Capability.NET_BIND_SERVICE), Capability.effective());
    if (!lacking.isEmpty()) {
      throw new MissingException(lacking);
    }
    if (!Files.exists(Path.of("/dev/net/tun"))) {
      throw new MissingException(
          "/dev/net/tun is missing: mount it into the podseal container as a hostPath of type"
              + " CharDevice.");
    }
  }

  private KeyLog keyLog() {
    if (options.debugKeysDir.isEmpty()) {
      CoreDumps.forbid();
      return KeyLog.NONE;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "!!! PODSEAL_DEBUG_KEYS_DIR is set: every IKE and ESP key of this pod is written to {0}."
            + " Whoever reads these files reads the traffic. Never set this in production. !!!",
        options.debugKeysDir);
    return new WiresharkKeyLog(Path.of(options.debugKeysDir));
  }

  private Enforcement.Plane startPlane(LocalPod pod, IkeOptions ike) {
    Inet4Address address = (Inet4Address) pod.address();
    Uplink uplink = Uplink.of(address);
    UserspaceOptions plane =
        new UserspaceOptions(
            options.tun, UserspaceOptions.UDP_PORT, UserspaceOptions.MARK, uplink.mtu());
    MonotonicClock clock = new MonotonicClock();
    Engine running =
        new Engine(
            pod,
            crypto,
            random::nextBytes,
            keyLog,
            ike.withFragmentSize(options.ikeFragmentSize),
            listener -> UserspaceDataPlane.open(plane, crypto, random::nextBytes, listener, clock),
            port500,
            metrics,
            clock);
    PeerRoutes routes;
    try {
      routes =
          PeerRoutes.up(
              options.tun, address, UserspaceOptions.UDP_PORT, Firewall.SERVICE_MARK, uplink.mtu());
    } catch (LinuxException e) {
      running.close();
      throw e;
    }
    engine.set(running);
    metrics.bind(running.dataPlane());
    LOG.log(
        System.Logger.Level.INFO,
        "this pod is {0} at {1} on {2} (MTU {3}); data plane: {4}, because the kernel plane does not"
            + " exist yet; sealed: IPv4 to declared peers; IPv6 to them is dropped",
        pod.identity(),
        address.getHostAddress(),
        uplink.name(),
        Integer.toString(uplink.mtu()),
        running.dataPlane().name());
    return new Enforcement.Plane(running, routes);
  }

  /**
   * Works until SIGTERM; gives the exit code.
   *
   * @throws ExecutionException when something is missing
   */
  int run() throws InterruptedException, ExecutionException {
    Thread hook =
        new Thread(
            () -> {
              if (end.isDone()) {
                close();
                return;
              }
              LOG.log(System.Logger.Level.INFO, "stopping: telling the peers");
              enforcement.close();
              LOG.log(System.Logger.Level.INFO, "stopped");
              // The kernel takes back the rest; without this the JVM's code would be 143.
              Runtime.getRuntime().halt(0);
            },
            "shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    control.start();
    return end.get();
  }

  @Override
  public void policy(PolicyUpdate update) {
    try {
      enforcement.apply(update);
    } catch (LinuxException e) {
      end.completeExceptionally(e);
      throw e;
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "policy " + update.getRevision() + ": " + e.getMessage());
      waitingFor = "a policy that can be put in force; the last could not: " + e.getMessage();
      throw e;
    }
    LOG.log(
        System.Logger.Level.INFO,
        "policy revision {0} in force: {1} declared peers",
        Long.toString(update.getRevision()),
        Integer.toString(enforcement.peers()));
  }

  @Override
  public void connected() {
    connected = true;
    lastTrouble = "";
    LOG.log(System.Logger.Level.INFO, "connected to the controller at " + options.controller);
  }

  @Override
  public void disconnected(String why) {
    connected = false;
    if (end.isDone()) {
      return;
    }
    if (enforcement.revision() == 0) {
      waitingFor = why;
    }
    // The same trouble every few seconds is one line, not a flood.
    if (!why.equals(lastTrouble)) {
      lastTrouble = why;
      LOG.log(
          System.Logger.Level.WARNING,
          why
              + (enforcement.revision() > 0
                  ? "; the policy in force stays, trying again"
                  : "; not ready, trying again"));
    }
  }

  private void report(List<EngineEvents.LiveSa> sas) {
    SaReport.Builder report = SaReport.newBuilder();
    for (EngineEvents.LiveSa sa : sas) {
      report.addSas(
          LiveSa.newBuilder()
              .setPeerIdentity(sa.peerIdentity())
              .setEpoch(sa.epoch())
              .setChildSas(sa.children()));
    }
    ControlClient client = control();
    if (client != null) {
      client.report(report.build());
    }
  }

  /** The engine may report before the constructor has come to the client. */
  private @Nullable ControlClient control() {
    return control;
  }

  /** Sends every peer a Delete and stops; the firewall stays in force. Idempotent. */
  @Override
  public void close() {
    if (end.complete(0)) {
      LOG.log(System.Logger.Level.INFO, "stopping: telling the peers");
    }
    enforcement.close();
    control.close();
    port500.close();
    health.close();
  }
}
