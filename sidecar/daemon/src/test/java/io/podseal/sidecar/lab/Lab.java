package io.podseal.sidecar.lab;

import io.podseal.sidecar.linux.NetworkNamespace;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * A node with pods, each in a network namespace of its own, the i-th pod with address 10.8.0.i.
 *
 * <pre>
 * bridged:                               routed:
 *   pod ─ eth0 10.8.0.1/24 ─┐              pod ─ eth0 10.8.0.1/32 ── 169.254.1.1 ─┐
 *   pod ─ eth0 10.8.0.2/24 ─┴ br0 (node)   pod ─ eth0 10.8.0.2/32 ── 169.254.1.1 ─┴ (node)
 * </pre>
 */
public final class Lab implements AutoCloseable {
  /** How the node joins its pods. */
  public enum Topology {
    /** One link for all, as with the bridge plugin. */
    BRIDGED,
    /** A gateway that is on no subnet, as with Calico. */
    ROUTED
  }

  /** A pod's namespace and address. */
  public record Pod(NetworkNamespace namespace, Inet4Address address) {
    public String ip() {
      return address.getHostAddress();
    }
  }

  private final NetworkNamespace node;
  private final List<Pod> pods = new ArrayList<>();

  public Lab(Topology topology, int count) throws Exception {
    this.node = new NetworkNamespace("node");
    try {
      node.sysctl("net.ipv4.ip_forward", "1");
      if (topology == Topology.BRIDGED) {
        node.sh("ip link add br0 address 02:00:0a:08:00:fe type bridge; ip link set br0 up");
      }
      for (int i = 1; i <= count; i++) {
        NetworkNamespace namespace = new NetworkNamespace("pod" + i);
        Pod pod = new Pod(namespace, ipv4("10.8.0." + i));
        pods.add(pod);
        NetworkNamespace.veth(namespace, "eth0", node, "veth" + i);
        if (topology == Topology.BRIDGED) {
          node.sh("ip link set veth%d master br0".formatted(i));
          namespace.sh("ip addr add %s/24 dev eth0".formatted(pod.ip()));
        } else {
          node.sh(
              "ip addr add 169.254.1.1/32 dev veth%d; ip route add %s dev veth%d"
                  .formatted(i, pod.ip(), i));
          namespace.sh(
              "ip addr add %s/32 dev eth0; ip route add default via 169.254.1.1 dev eth0 onlink"
                  .formatted(pod.ip()));
        }
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  public NetworkNamespace node() {
    return node;
  }

  public Pod pod(int number) {
    return pods.get(number - 1);
  }

  /** Sets the reverse path filter of every interface of every pod, present and to come. */
  public void reversePathFilter(int mode) throws Exception {
    for (Pod pod : pods) {
      pod.namespace()
          .sh(
              "for i in all default eth0; do echo %d > /proc/sys/net/ipv4/conf/$i/rp_filter; done"
                  .formatted(mode));
    }
  }

  @Override
  public void close() throws IOException {
    for (Pod pod : pods) {
      pod.namespace().close();
    }
    node.close();
  }

  public static Inet4Address ipv4(String address) {
    try {
      return (Inet4Address) InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(address, e);
    }
  }
}
