package io.podseal.sidecar.routing;

import io.podseal.sidecar.linux.Attributes;
import io.podseal.sidecar.linux.NetlinkSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The interface that carries the pod's address, and so its sealed packets.
 *
 * @param mtu of the link, in octets
 */
public record Uplink(int index, String name, int mtu) {
  private static final int RTM_GETLINK = 18;
  private static final int RTM_GETADDR = 22;
  private static final int IFINFOMSG_LENGTH = 16;
  private static final int IFADDRMSG_LENGTH = 8;
  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFA_LOCAL = 2;
  private static final byte AF_INET = 2;

  /**
   * Finds it in the thread's network namespace.
   *
   * @throws IllegalStateException when no interface has the address
   */
  public static Uplink of(Inet4Address podAddress) {
    try (NetlinkSocket netlink = NetlinkSocket.route()) {
      byte[] wanted = podAddress.getAddress();
      for (ByteBuffer address :
          netlink.exchange(
              RTM_GETADDR,
              NetlinkSocket.REQUEST | NetlinkSocket.DUMP,
              new byte[] {AF_INET, 0, 0, 0, 0, 0, 0, 0},
              "list addresses")) {
        if (Attributes.find(address, IFADDRMSG_LENGTH, IFA_LOCAL)
            .filter(local -> Arrays.equals(octets(local), wanted))
            .isPresent()) {
          return byIndex(netlink, address.getInt(4));
        }
      }
    }
    throw new IllegalStateException(
        "no interface of this pod has the address "
            + podAddress.getHostAddress()
            + " that the controller names: is this its network namespace?");
  }

  private static Uplink byIndex(NetlinkSocket netlink, int index) {
    ByteBuffer link =
        netlink
            .exchange(
                RTM_GETLINK,
                NetlinkSocket.REQUEST | NetlinkSocket.ACK,
                Attributes.ints(0, index, 0, 0),
                "read link " + index)
            .getFirst();
    String name =
        Attributes.find(link, IFINFOMSG_LENGTH, IFLA_IFNAME)
            .map(value -> StandardCharsets.UTF_8.decode(value).toString().replace("\0", ""))
            .orElseThrow(() -> new IllegalStateException("link " + index + " has no name"));
    int mtu =
        Attributes.find(link, IFINFOMSG_LENGTH, IFLA_MTU)
            .map(value -> value.getInt(0))
            .orElseThrow(() -> new IllegalStateException("link " + name + " has no MTU"));
    return new Uplink(index, name, mtu);
  }

  private static byte[] octets(ByteBuffer value) {
    byte[] result = new byte[value.remaining()];
    value.get(0, result);
    return result;
  }
}
