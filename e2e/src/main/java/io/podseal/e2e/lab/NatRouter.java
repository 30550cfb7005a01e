package io.podseal.e2e.lab;

import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;

/**
 * A router on the bridge that rewrites addresses and ports of what leaves for it (NAPT, RFC 3022),
 * with one pod or machine behind it. The node alone can begin a connection to what is behind.
 * Confined to one thread.
 */
public final class NatRouter implements AutoCloseable {
  private static final String INSIDE = "inside";
  private static final String PREFIX_LENGTH = "/24";

  private final Lab lab;
  private final Pod router;
  private final Inet4Address gateway;
  private final Inet4Address hidden;
  private Optional<String> namespace = Optional.empty();

  NatRouter(Lab lab, Pod router, int host) {
    this.lab = lab;
    this.router = router;
    this.gateway = Lab.parse("192.168." + host + ".1");
    this.hidden = Lab.parse("192.168." + host + ".2");
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1").must();
    router
        .run(
            "nft",
            "table ip nat {"
                + " chain out { type nat hook postrouting priority srcnat;"
                + " oif eth0 meta l4proto { tcp, udp } masquerade to :20000-60000 random;"
                + " oif eth0 masquerade; };"
                + " chain in { type filter hook forward priority filter;"
                + " iif eth0 ip saddr != %s ct state new drop; }; }".formatted(lab.node()))
        .must();
    lab.reach("192.168." + host + ".0/24", router);
  }

  /** Returns the address that the bridge sees. */
  public Inet4Address outside() {
    return router.address();
  }

  /** Makes the pod behind it. */
  public Pod pod(String name, ReversePathFilter filter) {
    String inner = lab.namespace(name);
    namespace = Optional.of(inner);
    Pod pod = new Pod(name, inner, hidden, router.port());
    router
        .run("ip", "link", "add", INSIDE, "type", "veth", "peer", "name", "eth0", "netns", inner)
        .must();
    gatewayUp();
    Lab.configure(pod, filter);
    pod.run("ip", "address", "add", pod.ip() + PREFIX_LENGTH, "dev", "eth0").must();
    pod.run("ip", "route", "add", "default", "via", gateway.getHostAddress()).must();
    return pod;
  }

  /** Makes the port for the machine behind it. */
  public MachinePort machine() {
    router.run("ip", "tuntap", "add", "name", INSIDE, "mode", "tap").must();
    gatewayUp();
    return new MachinePort(
        List.of("ip", "netns", "exec", router.namespace()), INSIDE, hidden, Optional.of(gateway));
  }

  private void gatewayUp() {
    String address = gateway.getHostAddress() + PREFIX_LENGTH;
    router.run("ip", "address", "add", address, "dev", INSIDE).must();
    router.run("ip", "link", "set", INSIDE, "up").must();
  }

  /** Forgets what it has mapped, as after a restart: from now on the ports outside are others. */
  public void rebind() {
    // The kernel forgets what it masqueraded behind an interface that goes down.
    router.run("ip", "link", "set", "eth0", "down").must();
    router.run("ip", "link", "set", "eth0", "up").must();
    router.run("ip", "route", "replace", "default", "via", lab.node()).must();
  }

  /** Removes it and what is behind it; processes inside must have ended. */
  @Override
  public void close() {
    namespace.ifPresent(lab::removeNamespace);
    lab.remove(router);
  }
}
