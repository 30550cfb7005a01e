package io.podseal.e2e.lab;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node with a bridge and pods on it, made of network namespaces and veth pairs by the {@code ip}
 * command.
 *
 * <p>It works only inside the private network, mount and PID namespaces that {@code ./dev} makes,
 * so that nothing of the machine's own network is touched and the death of the process leaves
 * nothing. Names carry a run number, so that labs of one process do not collide; {@link #close}
 * removes exactly what this lab made. Confined to one thread.
 */
public final class Lab implements AutoCloseable {
  /** The next hop of pods behind a gateway, the one Calico uses. */
  public static final String GATEWAY = "169.254.1.1";

  private static final Path INSIDE = Path.of("/run/podseal-lab");
  private static final AtomicInteger RUNS = new AtomicInteger();

  private final int run = RUNS.incrementAndGet();
  private final int network;
  private final String bridge;
  private final Deque<Command> undo = new ArrayDeque<>();
  private int links;

  private Lab() {
    if (run > 250) {
      throw new IllegalStateException("no address block is left for another lab in this process");
    }
    network = run;
    bridge = "br" + run;
  }

  /**
   * Makes the node: a bridge whose address is the node's, in a /24 of its own.
   *
   * @throws IllegalStateException outside the private namespaces
   */
  public static Lab open() {
    if (!Files.exists(INSIDE)) {
      throw new IllegalStateException(
          "the lab needs private namespaces: run ./dev e2e or ./dev demo, which make them");
    }
    Lab lab = new Lab();
    try {
      // An address of its own: else it takes the lowest of its ports, and when that port goes,
      // everybody sends to nobody until their neighbour tables notice.
      var address = "02:00:0a:4d:%02x:01".formatted(lab.network);
      lab.make("ip", "link", "add", lab.bridge, "address", address, "type", "bridge");
      lab.make("ip", "link", "set", lab.bridge, "type", "bridge", "forward_delay", "0");
      lab.undo.push(deleteLink(lab.bridge));
      // Every packet then costs the same path on the node as with an ordinary CNI: no snooping.
      lab.make("ip", "link", "set", lab.bridge, "type", "bridge", "mcast_snooping", "0");
      lab.make("ip", "address", "add", lab.node() + "/24", "dev", lab.bridge);
      lab.make("ip", "link", "set", lab.bridge, "up");
      lab.make("sysctl", "-qw", "net.ipv4.ip_forward=1");
      // Pods behind the gateway reach bridge neighbours through the node, out where they came in.
      lab.make("sysctl", "-qw", "net.ipv4.conf." + lab.bridge + ".send_redirects=0");
      lab.make("sysctl", "-qw", "net.ipv4.conf.all.send_redirects=0");
      return lab;
    } catch (RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  /** Returns the bridge's interface name, where a sniffer sees every packet between pods. */
  public String bridge() {
    return bridge;
  }

  /** Returns the node's address on the bridge. */
  public String node() {
    return host(1);
  }

  /** Returns the node's address on the bridge. */
  public Inet4Address nodeAddress() {
    return parse(node());
  }

  /** Makes a pod whose neighbours are on its own link: address with /24, default by the node. */
  public Pod pod(String name, int host, ReversePathFilter filter) {
    Pod pod = attach(name, host, filter);
    in(pod, "ip", "address", "add", pod.ip() + "/24", "dev", "eth0");
    in(pod, "ip", "route", "add", "default", "via", node());
    return pod;
  }

  /**
   * Makes a pod with a /32 address and everything else behind {@link #GATEWAY}, as routed CNIs do.
   */
  public Pod podBehindGateway(String name, int host, ReversePathFilter filter) {
    Pod pod = attach(name, host, filter);
    make("ip", "address", "replace", GATEWAY + "/32", "dev", bridge);
    in(pod, "ip", "address", "add", pod.ip() + "/32", "dev", "eth0");
    in(pod, "ip", "route", "add", "default", "via", GATEWAY, "dev", "eth0", "onlink");
    return pod;
  }

  /** Makes a router whose address on the bridge is that of {@code host}. */
  public NatRouter nat(String name, int host) {
    return new NatRouter(this, pod(name, host, ReversePathFilter.OFF), host);
  }

  /** Returns the address of {@code host} on the bridge. */
  public Inet4Address address(int host) {
    return parse(host(host));
  }

  /** Makes a port of the bridge for a virtual machine at {@code host}. */
  public MachinePort machine(int host) {
    String name = "t" + run + "x" + ++links;
    make("ip", "tuntap", "add", "name", name, "mode", "tap");
    undo.push(deleteLink(name));
    make("ip", "link", "set", name, "master", bridge, "up");
    return new MachinePort(List.of(), name, address(host), Optional.empty());
  }

  /** Removes one pod, its namespace and its link; processes inside must have ended. */
  public void remove(Pod pod) {
    // The link first: the kernel takes a namespace down some time after its name is gone.
    remove(deleteLink(pod.port()));
    removeNamespace(pod.namespace());
  }

  void removeNamespace(String namespace) {
    remove(deleteNamespace(namespace));
  }

  private void remove(Command delete) {
    if (!undo.remove(delete)) {
      throw new IllegalArgumentException("not in this lab: " + delete);
    }
    delete.must();
  }

  @Override
  public void close() {
    while (!undo.isEmpty()) {
      undo.pop().run();
    }
  }

  private Pod attach(String name, int host, ReversePathFilter filter) {
    String namespace = namespace(name);
    String port = "p" + run + "x" + ++links;
    Pod pod = new Pod(name, namespace, parse(host(host)), port);
    make("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace);
    undo.push(deleteLink(port));
    make("ip", "link", "set", port, "master", bridge, "up");
    configure(pod, filter);
    return pod;
  }

  /** Makes a namespace for the pod {@code name} and returns its own name. */
  String namespace(String name) {
    String namespace = name + "-" + run;
    make("ip", "netns", "add", namespace);
    undo.push(deleteNamespace(namespace));
    return namespace;
  }

  /** Lets the node send to {@code network} by way of {@code router}, as long as that exists. */
  void reach(String network, Pod router) {
    make("ip", "route", "replace", network, "via", router.ip(), "dev", bridge);
  }

  static void configure(Pod pod, ReversePathFilter filter) {
    in(pod, "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=" + filter.value());
    in(pod, "sysctl", "-qw", "net.ipv4.conf.default.rp_filter=" + filter.value());
    in(pod, "sysctl", "-qw", "net.ipv4.conf.eth0.rp_filter=" + filter.value());
    in(pod, "ip", "link", "set", "lo", "up");
    in(pod, "ip", "link", "set", "eth0", "up");
  }

  private static Command deleteLink(String name) {
    return Command.of("ip", "link", "delete", name);
  }

  private static Command deleteNamespace(String name) {
    return Command.of("ip", "netns", "delete", name);
  }

  private String host(int host) {
    return "10.77." + network + "." + host;
  }

  private void make(String... line) {
    Command.of(line).must();
  }

  private static void in(Pod pod, String... line) {
    pod.run(line).must();
  }

  static Inet4Address parse(String address) {
    try {
      return (Inet4Address) InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(address, e);
    }
  }
}
