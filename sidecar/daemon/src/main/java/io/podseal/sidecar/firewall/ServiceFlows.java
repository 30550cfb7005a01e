package io.podseal.sidecar.firewall;

import io.podseal.sidecar.linux.Attributes;
import io.podseal.sidecar.linux.LinuxException;
import io.podseal.sidecar.linux.NetlinkSocket;
import java.net.Inet4Address;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes the kernel forget which backend it chose for a flow of datagrams once that is none any
 * more; it would send to it for as long as the application sends. Also flows to a Service that
 * began before it was one, which have no backend. Confined to one thread.
 *
 * <p>By a filter of ctnetlink (Linux 5.8).
 */
final class ServiceFlows {
  private static final System.Logger LOG = System.getLogger("podseal.firewall");

  /** NFNL_SUBSYS_CTNETLINK and IPCTNL_MSG_CT_DELETE. */
  private static final int CONNTRACK_DELETE = 1 << 8 | 2;

  private static final int CTA_TUPLE_ORIG = 1;
  private static final int CTA_TUPLE_REPLY = 2;
  private static final int CTA_TUPLE_IP = 1;
  private static final int CTA_TUPLE_PROTO = 2;
  private static final int CTA_IP_V4_SRC = 1;
  private static final int CTA_IP_V4_DST = 2;
  private static final int CTA_PROTO_NUM = 1;
  private static final int CTA_FILTER = 25 | 0x8000; // with NLA_F_NESTED, which is checked here
  private static final int CTA_FILTER_ORIG_FLAGS = 1;
  private static final int CTA_FILTER_REPLY_FLAGS = 2;
  private static final int MATCH_SOURCE = 1;
  private static final int MATCH_DESTINATION = 1 << 1;
  private static final int MATCH_PROTOCOL = 1 << 3;
  private static final byte AF_INET = 2;
  private static final byte VERSION = 1;

  private Set<Inet4Address> backends = Set.of();
  private Set<Inet4Address> services = Set.of();
  private boolean complained;

  /** Takes the routes that are in force now. */
  void inForce(List<ServiceRoute> routes) {
    List<ServiceRoute> datagrams =
        routes.stream().filter(route -> route.protocol() == PortRule.UDP).toList();
    Set<Inet4Address> now =
        datagrams.stream()
            .flatMap(route -> route.backends().stream())
            .map(ServiceRoute.Backend::address)
            .collect(Collectors.toSet());
    Set<Inet4Address> known =
        datagrams.stream().map(ServiceRoute::address).collect(Collectors.toSet());
    Set<Inet4Address> gone = new HashSet<>(backends);
    gone.removeAll(now);
    Set<Inet4Address> added = new HashSet<>(known);
    added.removeAll(services);
    backends = now;
    services = known;
    if (gone.isEmpty() && added.isEmpty()) {
      return;
    }
    try (NetlinkSocket netlink = NetlinkSocket.netfilter()) {
      gone.forEach(backend ->
          forget(
              netlink,
              CTA_TUPLE_REPLY,
              CTA_IP_V4_SRC,
              backend,
              CTA_FILTER_REPLY_FLAGS,
              MATCH_SOURCE));
      added.forEach(service ->
          forget(
              netlink,
              CTA_TUPLE_ORIG,
              CTA_IP_V4_DST,
              service,
              CTA_FILTER_ORIG_FLAGS,
              MATCH_DESTINATION));
    } catch (LinuxException e) {
      if (!complained) {
        complained = true;
        LOG.log(
            System.Logger.Level.WARNING,
            "flows of datagrams to a Service are dropped for up to two minutes after their last"
                + " datagram when their backend ends: {0}",
            e.getMessage());
      }
    }
  }

  private static void forget(
      NetlinkSocket netlink, int tuple, int side, Inet4Address address, int flags, int match) {
    byte[] nfgenmsg = {AF_INET, VERSION, 0, 0};
    Attributes filter =
        Attributes.after(nfgenmsg)
            .nested(
                tuple,
                new Attributes()
                    .nested(CTA_TUPLE_IP, new Attributes().octets(side, address.getAddress()))
                    .nested(CTA_TUPLE_PROTO, new Attributes().u8(CTA_PROTO_NUM, PortRule.UDP)))
            .nested(CTA_FILTER, new Attributes().u32(flags, match | MATCH_PROTOCOL));
    netlink.exchange(
        CONNTRACK_DELETE,
        NetlinkSocket.REQUEST | NetlinkSocket.ACK,
        filter.toArray(),
        "forget flows with " + address.getHostAddress());
  }
}
