package io.podseal.e2e.lab;

import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A router on the bridge that rewrites addresses and ports of what leaves for it (NAPT, RFC 3022),
 * with pods or a machine behind it. The node alone can begin a connection to what is behind.
 * Confined to one thread.
 */
public final class NatRouter implements AutoCloseable {
  private static final String INSIDE = "inside";
  private static final String OF_ALL = "/24";
  private static final String OF_ONE = "/30";
  private static final int SIZE_OF_NETWORK = 4;

  private final Lab lab;
  private final Pod router;
  private final Inet4Address gateway;
  private final Inet4Address hidden;
  private final int host;
  private final List<String> namespaces = new ArrayList<>();

  NatRouter(Lab lab, Pod router, int host) {
    this.lab = lab;
    this.router = router;
    this.host = host;
    this.gateway = inside(1);
    this.hidden = inside(2);
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

  /** Makes a pod behind it, on a network of its own. */
  public Pod pod(String name, ReversePathFilter filter) {
    int first = SIZE_OF_NETWORK * namespaces.size();
    Inet4Address ofRouter = inside(first + 1);
    String link = INSIDE + namespaces.size();
    String inner = lab.namespace(name);
    namespaces.add(inner);
    Pod pod = new Pod(name, inner, inside(first + 2), router.port());
    router
        .run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", inner)
        .must();
    gatewayUp(link, ofRouter, OF_ONE);
    Lab.configure(pod, filter);
    pod.run("ip", "address", "add", pod.ip() + OF_ONE, "dev", "eth0").must();
    pod.run("ip", "route", "add", "default", "via", ofRouter.getHostAddress()).must();
    return pod;
  }

  private Inet4Address inside(int number) {
    return Lab.parse("192.168." + host + "." + number);
  }

  /** Makes the port for the machine behind it. */
  public MachinePort machine() {
    router.run("ip", "tuntap", "add", "name", INSIDE, "mode", "tap").must();
    gatewayUp(INSIDE, gateway, OF_ALL);
    return new MachinePort(
        List.of("ip", "netns", "exec", router.namespace()), INSIDE, hidden, Optional.of(gateway));
  }

  private void gatewayUp(String link, Inet4Address ofRouter, String prefixLength) {
    String address = ofRouter.getHostAddress() + prefixLength;
    router.run("ip", "address", "add", address, "dev", link).must();
    router.run("ip", "link", "set", link, "up").must();
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
    namespaces.forEach(lab::removeNamespace);
    lab.remove(router);
  }
}
