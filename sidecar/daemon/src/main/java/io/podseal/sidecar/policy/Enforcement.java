package io.podseal.sidecar.policy;

import io.podseal.control.v1.PolicyUpdate;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.sidecar.dataplane.PeerTable;
import io.podseal.sidecar.engine.Engine;
import io.podseal.sidecar.firewall.ClearFlow;
import io.podseal.sidecar.firewall.Firewall;
import io.podseal.sidecar.firewall.FirewallPolicy;
import io.podseal.sidecar.routing.PeerRoutes;
import java.net.Inet4Address;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts the declared policy in force, in the order in which nothing can pass in clear: the firewall
 * closes before routes and SAs open, and SAs of a removed identity end before its address can
 * belong to another.
 *
 * <p>{@link #apply} is confined to the policy thread; the accessors are for any thread.
 */
public final class Enforcement implements AutoCloseable {
  private final Firewall firewall;
  private final Settings settings;
  private final BiFunction<LocalPod, IkeOptions, Plane> start;
  private final DeclaredPolicy declared = new DeclaredPolicy();
  private volatile @Nullable Plane plane;
  private volatile @Nullable LocalPod self;
  private volatile long revision;
  private volatile int peers;

  /**
   * What the firewall needs besides the declared peers.
   *
   * @param clearFlows asked for each time, because addresses of services change
   */
  public record Settings(
      String tun,
      int mark,
      int udpPort,
      List<Integer> openPorts,
      Supplier<List<ClearFlow>> clearFlows,
      WorkingAlgorithms algorithms) {}

  /** What carries sealed traffic once the pod knows who it is. */
  public record Plane(Engine engine, PeerRoutes routes) implements AutoCloseable {
    @Override
    public void close() {
      engine.close();
      routes.close();
    }
  }

  /**
   * @param start makes TUN device, engine and routes; called once, after the firewall is in force
   */
  public Enforcement(
      Firewall firewall, Settings settings, BiFunction<LocalPod, IkeOptions, Plane> start) {
    this.firewall = firewall;
    this.settings = settings;
    this.start = start;
  }

  /**
   * Puts an update in force; when this returns it is.
   *
   * @throws PolicyException and others of the parts when it cannot be; what was in force stays
   */
  public void apply(PolicyUpdate update) {
    DeclaredPolicy.Change change = declared.merge(update);
    LocalPod pod = PolicyValues.localPod(declared.self());
    LocalPod known = self;
    if (known != null && !known.equals(pod)) {
      throw new PolicyException(
          "the controller now calls this pod " + pod + ", it was " + known + "; restart the pod");
    }
    Plane running = plane;
    if (running != null && !change.ended().isEmpty()) {
      running.engine().removePeers(change.ended().stream().map(Identity::new).toList());
    }
    firewall.apply(
        new FirewallPolicy(
            settings.tun(),
            settings.mark(),
            settings.udpPort(),
            PolicyValues.guarded(declared.peers()),
            PolicyValues.rules(declared.self().getStrictPortsList()),
            settings.openPorts(),
            settings.clearFlows().get(),
            PolicyValues.services(declared.services())));
    if (running == null) {
      running = start.apply(pod, PolicyValues.options(declared.self()));
      self = pod;
      plane = running;
    }
    Map<Inet4Address, String> sealed = PolicyValues.sealedAddresses(declared.peers());
    List<Peer> put =
        change.put().stream().map(p -> PolicyValues.peer(p, settings.algorithms())).toList();
    running.engine().putPeers(put, new PeerTable(sealed));
    running.routes().peers(sealed.keySet());
    peers = declared.peers().size();
    revision = update.getRevision();
  }

  /** Who this pod is, once the controller has said so. */
  public Optional<LocalPod> self() {
    return Optional.ofNullable(self);
  }

  public Optional<Engine> engine() {
    return Optional.ofNullable(plane).map(Plane::engine);
  }

  /** Revision that is in force, 0 before the first. */
  public long revision() {
    return revision;
  }

  /** Peers that are declared. */
  public int peers() {
    return peers;
  }

  /** Tells the peers and stops; the firewall stays in force. */
  @Override
  public void close() {
    Plane running = plane;
    if (running != null) {
      running.close();
    }
  }
}
