package io.podseal.sidecar.routing;

import io.podseal.protocol.esp.Esp;
import io.podseal.sidecar.linux.Attributes;
import io.podseal.sidecar.linux.Errno;
import io.podseal.sidecar.linux.LinuxException;
import io.podseal.sidecar.linux.NetlinkSocket;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * Routes to peers, through the TUN device, in a table of their own, so that the daemon's UDP can
 * still reach the same addresses by the main table:
 *
 * <pre>
 * 100: from all ipproto udp sport 4500 lookup main
 * 100: from all ipproto udp sport 500 lookup main
 * 105: from all fwmark MARK/MARK lookup 4500
 * 110: from all ipproto tcp lookup 4500      and so for every protocol that is sealed
 * table 4500: PEER dev podseal0 src POD mtu lock 65480 advmss LIMIT
 * </pre>
 *
 * <p>A rule for each protocol, because a rule for all would also match the look-up by which a
 * strict reverse path filter (rp_filter 1) judges an ARP request, and then pods on one link cannot
 * find each other. A protocol without a rule meets the nftables table, which does not let it out.
 *
 * <p>The rule for a mark is for packets to the address of a Service that become packets to a peer:
 * the kernel looks up their new route without their protocol.
 *
 * <p>A locked MTU keeps DF off what the kernel sends, and the MTU of the TUN keeps datagrams whole:
 * transport mode cannot carry fragments. Routes vanish with the TUN; rules stay and are found again
 * by the next process. Works in the network namespace of the thread that created it; confined to
 * one thread.
 */
public final class PeerRoutes implements AutoCloseable {
  /** MTU of the TUN device. */
  public static final int TUN_MTU = 65_480;

  public static final int TABLE = 4500;

  private static final int TCP_AND_IPV4_HEADERS = 40;
  private static final int TX_QUEUE_LENGTH = 1000;
  private static final int IKE_PORT = 500;
  private static final int UDP = 17;

  /** ICMP, IPIP, TCP, UDP, DCCP, IPv6 in IPv4, GRE, ESP, AH, SCTP and UDP-Lite. */
  private static final int[] SEALED_PROTOCOLS = {1, 4, 6, UDP, 33, 41, 47, 50, 51, 132, 136};

  private static final int RTM_NEWLINK = 16;
  private static final int RTM_GETLINK = 18;
  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_NEWRULE = 32;
  private static final int NLM_F_REPLACE = 0x100;
  private static final int NLM_F_EXCL = 0x200;
  private static final int NLM_F_CREATE = 0x400;

  private static final int IFLA_IFNAME = 3;
  private static final int IFLA_MTU = 4;
  private static final int IFLA_TXQLEN = 13;
  private static final int IFLA_AF_SPEC = 26;
  private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
  private static final int IN6_ADDR_GEN_MODE_NONE = 1;
  private static final int IFF_UP = 1;

  private static final int RTA_DST = 1;
  private static final int RTA_OIF = 4;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_METRICS = 8;
  private static final int RTA_TABLE = 15;
  private static final int RTAX_LOCK = 1;
  private static final int RTAX_MTU = 2;
  private static final int RTAX_ADVMSS = 8;
  private static final byte RTPROT_STATIC = 4;
  private static final byte RT_SCOPE_LINK = (byte) 253;
  private static final byte RTN_UNICAST = 1;
  private static final byte RT_TABLE_UNSPEC = 0;
  private static final byte RT_TABLE_MAIN = (byte) 254;

  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FRA_IP_PROTO = 22;
  private static final int FRA_SPORT_RANGE = 23;
  private static final byte FR_ACT_TO_TBL = 1;

  private static final byte AF_INET = 2;
  private static final int AF_INET6 = 10;

  private final NetlinkSocket netlink;
  private final int tunIndex;
  private final Inet4Address podAddress;
  private final int advertisedMss;
  private final Set<Inet4Address> peers = new HashSet<>();

  private PeerRoutes(
      NetlinkSocket netlink, int tunIndex, Inet4Address podAddress, int advertisedMss) {
    this.netlink = netlink;
    this.tunIndex = tunIndex;
    this.podAddress = podAddress;
    this.advertisedMss = advertisedMss;
  }

  /**
   * Brings the TUN device up and puts the rules in place; there are no peers yet.
   *
   * @param udpPort source port of the daemon's ESP in UDP, 4500
   * @param serviceMark of packets to the address of a Service
   * @param linkMtu of the {@link Uplink}
   * @throws LinuxException with what to change in the pod
   */
  public static PeerRoutes up(
      String tunName, Inet4Address podAddress, int udpPort, int serviceMark, int linkMtu) {
    NetlinkSocket netlink = NetlinkSocket.route();
    try {
      int index = indexOf(netlink, tunName);
      startLink(netlink, index, tunName);
      daemonRule(netlink, udpPort);
      daemonRule(netlink, IKE_PORT);
      serviceRule(netlink, serviceMark);
      for (int protocol : SEALED_PROTOCOLS) {
        peersRule(netlink, protocol);
      }
      return new PeerRoutes(
          netlink, index, podAddress, Esp.innerLimit(linkMtu) - TCP_AND_IPV4_HEADERS);
    } catch (LinuxException e) {
      netlink.close();
      throw e;
    }
  }

  /** Adds and removes routes until there is one for each of {@code wanted}. */
  public void peers(Set<Inet4Address> wanted) {
    for (Inet4Address gone : Set.copyOf(peers)) {
      if (!wanted.contains(gone)) {
        change(RTM_DELROUTE, 0, gone, "remove the route to ");
        peers.remove(gone);
      }
    }
    for (Inet4Address peer : wanted) {
      if (!peers.contains(peer)) {
        change(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, peer, "add a route to ");
        peers.add(peer);
      }
    }
  }

  /** Lets go of the kernel; rules and routes stay. */
  @Override
  public void close() {
    netlink.close();
  }

  private void change(int type, int flags, Inet4Address peer, String operation) {
    Attributes metrics =
        new Attributes()
            .u32(RTAX_LOCK, 1 << RTAX_MTU)
            .u32(RTAX_MTU, TUN_MTU)
            .u32(RTAX_ADVMSS, advertisedMss);
    Attributes route =
        Attributes.after(
                AF_INET,
                (byte) 32,
                (byte) 0,
                (byte) 0,
                RT_TABLE_UNSPEC,
                RTPROT_STATIC,
                RT_SCOPE_LINK,
                RTN_UNICAST,
                (byte) 0,
                (byte) 0,
                (byte) 0,
                (byte) 0)
            .u32(RTA_TABLE, TABLE)
            .octets(RTA_DST, peer.getAddress())
            .u32(RTA_OIF, tunIndex)
            .octets(RTA_PREFSRC, podAddress.getAddress())
            .nested(RTA_METRICS, metrics);
    try {
      request(netlink, type, flags, route, operation + peer.getHostAddress());
    } catch (LinuxException e) {
      if (type != RTM_DELROUTE || e.errno() != Errno.ESRCH) {
        throw e;
      }
    }
  }

  private static int indexOf(NetlinkSocket netlink, String name) {
    byte[] nameAndNul = (name + "\0").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer link =
        netlink
            .exchange(
                RTM_GETLINK,
                NetlinkSocket.REQUEST | NetlinkSocket.ACK,
                Attributes.after(Attributes.ints(0, 0, 0, 0))
                    .octets(IFLA_IFNAME, nameAndNul)
                    .toArray(),
                "find interface " + name)
            .getFirst();
    return link.getInt(4);
  }

  private static void startLink(NetlinkSocket netlink, int index, String name) {
    // Before it is up, or the kernel sends router solicitations into it.
    Attributes noAddresses =
        new Attributes()
            .nested(
                AF_INET6, new Attributes().u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE));
    try {
      request(
          netlink,
          RTM_NEWLINK,
          0,
          Attributes.after(Attributes.ints(0, index, 0, 0)).nested(IFLA_AF_SPEC, noAddresses),
          "keep IPv6 addresses off " + name);
    } catch (LinuxException e) {
      if (e.errno() != Errno.EAFNOSUPPORT && e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
    request(
        netlink,
        RTM_NEWLINK,
        0,
        Attributes.after(Attributes.ints(0, index, IFF_UP, IFF_UP))
            .u32(IFLA_MTU, TUN_MTU)
            .u32(IFLA_TXQLEN, TX_QUEUE_LENGTH),
        "bring " + name + " up");
  }

  private static void daemonRule(NetlinkSocket netlink, int port) {
    rule(
        netlink,
        ruleTo(RT_TABLE_MAIN)
            .u32(FRA_PRIORITY, 100)
            .u32(FRA_TABLE, Byte.toUnsignedInt(RT_TABLE_MAIN))
            .u8(FRA_IP_PROTO, UDP)
            .u16Pair(FRA_SPORT_RANGE, port, port),
        "add the rule for UDP source port " + port);
  }

  private static void serviceRule(NetlinkSocket netlink, int mark) {
    rule(
        netlink,
        ruleTo(RT_TABLE_UNSPEC)
            .u32(FRA_PRIORITY, 105)
            .u32(FRA_TABLE, TABLE)
            .u32(FRA_FWMARK, mark)
            .u32(FRA_FWMASK, mark),
        "add the rule for packets to Services");
  }

  private static void peersRule(NetlinkSocket netlink, int protocol) {
    rule(
        netlink,
        ruleTo(RT_TABLE_UNSPEC)
            .u32(FRA_PRIORITY, 110)
            .u32(FRA_TABLE, TABLE)
            .u8(FRA_IP_PROTO, protocol),
        "add the rule for table " + TABLE + " and protocol " + protocol);
  }

  private static Attributes ruleTo(byte table) {
    return Attributes.after(
        AF_INET,
        (byte) 0,
        (byte) 0,
        (byte) 0,
        table,
        (byte) 0,
        (byte) 0,
        FR_ACT_TO_TBL,
        (byte) 0,
        (byte) 0,
        (byte) 0,
        (byte) 0);
  }

  private static void rule(NetlinkSocket netlink, Attributes rule, String operation) {
    try {
      request(netlink, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule, operation);
    } catch (LinuxException e) {
      // A predecessor that was killed left it behind.
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
  }

  private static void request(
      NetlinkSocket netlink, int type, int flags, Attributes body, String operation) {
    netlink.exchange(
        type, NetlinkSocket.REQUEST | NetlinkSocket.ACK | flags, body.toArray(), operation);
  }
}
