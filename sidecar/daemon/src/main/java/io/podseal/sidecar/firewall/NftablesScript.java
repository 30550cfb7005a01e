package io.podseal.sidecar.firewall;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes a {@link FirewallPolicy} as one nftables script, which takes the place of whatever a
 * predecessor left, in one transaction. Pure.
 */
final class NftablesScript {
  static final String TABLE = "inet podseal";

  /**
   * Set in the conntrack mark of connections that were sealed. It outlives the peer and the table:
   * the kernel goes on to retransmit what the peer did not acknowledge, to an address that is
   * nobody's by then, or somebody else's.
   */
  private static final int SEALED_FLOW = 0x504f_0000;

  private static final String WAS_SEALED = "ct mark and 0x%1$x == 0x%1$x".formatted(SEALED_FLOW);

  private final FirewallPolicy policy;
  private final ServiceChains services;
  private final StringBuilder out = new StringBuilder();

  private NftablesScript(FirewallPolicy policy) {
    this.policy = policy;
    this.services = new ServiceChains(policy.services());
  }

  static String render(FirewallPolicy policy) {
    return new NftablesScript(policy).render();
  }

  private String render() {
    line("add table %s".formatted(TABLE));
    line("delete table %s".formatted(TABLE));
    line("table %s {".formatted(TABLE));
    for (Counter counter : Counter.values()) {
      line("  counter %s { }".formatted(counter.label()));
    }
    set("peers", "ipv4_addr", policy.peers().stream().flatMap(p -> p.ipv4().stream()).toList());
    set("peers6", "ipv6_addr", policy.peers().stream().flatMap(p -> p.ipv6().stream()).toList());
    Map<List<PortRule>, List<InetAddress>> byIngress = byIngress();
    ingress(byIngress);
    input();
    tunInput(byIngress);
    if (!services.isEmpty()) {
      services.chains().forEach(line -> line("  " + line));
    }
    output();
    leaving();
    forward();
    line("}");
    return out.toString();
  }

  private void input() {
    String ports = "{ 500, " + policy.udpPort() + " }";
    line("  chain input {");
    line("    type filter hook input priority filter; policy accept;");
    line("    iifname \"lo\" accept");
    line("    iifname \"%s\" goto tun_input".formatted(policy.tun()));
    neighbourDiscovery();
    for (ClearFlow flow : policy.clearFlows()) {
      line(
          ("    ip saddr %s meta l4proto %d th sport %d ct state established,related"
                  + " ct direction reply accept")
              .formatted(flow.address().getHostAddress(), flow.protocol(), flow.port()));
    }
    line("    ip saddr @peers udp dport %s accept".formatted(ports));
    line("    ip saddr @peers counter name %s drop".formatted(Counter.CLEAR_IN.label()));
    line("    ip6 saddr @peers6 counter name %s drop".formatted(Counter.IPV6_IN.label()));
    line("    %s counter name %s drop".formatted(WAS_SEALED, Counter.SEALED_FLOW.label()));
    if (!policy.strictPorts().isEmpty()) {
      line("    udp dport %s accept".formatted(ports));
      line("    ct state established,related ct direction reply accept");
      if (!policy.openPorts().isEmpty()) {
        line("    tcp dport { %s } accept".formatted(joined(policy.openPorts())));
      }
      for (PortRule rule : policy.strictPorts()) {
        line("    %scounter name %s drop".formatted(rule.match(), Counter.STRICT_PORT.label()));
      }
    }
    line("  }");
  }

  private void tunInput(Map<List<PortRule>, List<InetAddress>> byIngress) {
    line("  chain tun_input {");
    line("    ip saddr != @peers counter name %s drop".formatted(Counter.TUN_SOURCE.label()));
    line("    meta nfproto ipv6 counter name %s drop".formatted(Counter.TUN_SOURCE.label()));
    line("    ct state established,related accept");
    line(
        "    icmp type { echo-request, destination-unreachable, time-exceeded, parameter-problem }"
            + " accept");
    int chain = 0;
    List<String> elements = new ArrayList<>();
    for (List<InetAddress> addresses : byIngress.values()) {
      for (InetAddress address : addresses) {
        elements.add(address.getHostAddress() + " : jump ingress_" + chain);
      }
      chain++;
    }
    if (!elements.isEmpty()) {
      line("    ip saddr vmap { %s }".formatted(String.join(", ", elements)));
    }
    line("    counter name %s drop".formatted(Counter.INGRESS_REFUSED.label()));
    line("  }");
  }

  private void ingress(Map<List<PortRule>, List<InetAddress>> byIngress) {
    int chain = 0;
    for (List<PortRule> rules : byIngress.keySet()) {
      line("  chain ingress_%d {".formatted(chain++));
      for (PortRule rule : rules) {
        line("    %saccept".formatted(rule.match()));
      }
      line("  }");
    }
  }

  private void output() {
    line("  chain output {");
    line("    type filter hook output priority filter; policy accept;");
    line("    oifname \"lo\" accept");
    line("    oifname \"%s\" accept".formatted(policy.tun()));
    neighbourDiscovery();
    for (ClearFlow flow : policy.clearFlows()) {
      line(
          "    ip daddr %s meta l4proto %d th dport %d accept"
              .formatted(flow.address().getHostAddress(), flow.protocol(), flow.port()));
    }
    if (!services.isEmpty()) {
      services.output(WAS_SEALED).forEach(line -> line("    " + line));
    }
    line(
        "    ip daddr @peers udp sport { 500, %d } meta mark 0x%x accept"
            .formatted(policy.udpPort(), policy.mark()));
    line("    ip daddr @peers counter name %s drop".formatted(Counter.CLEAR_OUT.label()));
    line("    ip6 daddr @peers6 counter name %s drop".formatted(Counter.IPV6_OUT.label()));
    line(
        "    meta l4proto tcp %s counter name %s reject with tcp reset"
            .formatted(WAS_SEALED, Counter.SEALED_FLOW.label()));
    line("    %s counter name %s drop".formatted(WAS_SEALED, Counter.SEALED_FLOW.label()));
    line("  }");
  }

  /** Where a packet leaves is certain only here: that to a Service has changed its route. */
  private void leaving() {
    line("  chain leaving {");
    line("    type filter hook postrouting priority filter; policy accept;");
    line("    oifname \"lo\" accept");
    // Datagrams are not marked: what an application sends later is a decision of its own.
    line(
        "    oifname \"%s\" meta l4proto { tcp, sctp } ct mark set ct mark or 0x%x"
            .formatted(policy.tun(), SEALED_FLOW));
    if (!services.isEmpty()) {
      String marked = "meta mark and 0x%1$x == 0x%1$x".formatted(Firewall.SERVICE_MARK);
      line("    oifname \"%s\" accept".formatted(policy.tun()));
      line(
          "    %s ip daddr @peers counter name %s drop"
              .formatted(marked, Counter.CLEAR_OUT.label()));
      line(
          "    %s %s counter name %s drop"
              .formatted(marked, WAS_SEALED, Counter.SEALED_FLOW.label()));
    }
    line("  }");
  }

  private void forward() {
    line("  chain forward {");
    line("    type filter hook forward priority filter; policy accept;");
    for (String match :
        List.of("ip saddr @peers", "ip daddr @peers", "ip6 saddr @peers6", "ip6 daddr @peers6")) {
      line("    %s counter name %s drop".formatted(match, Counter.FORWARDED.label()));
    }
    line("  }");
  }

  private void neighbourDiscovery() {
    line(
        "    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit,"
            + " nd-neighbor-advert, nd-redirect } accept");
  }

  private void set(String name, String type, List<? extends InetAddress> elements) {
    if (elements.isEmpty()) {
      line("  set %s { type %s; }".formatted(name, type));
    } else {
      String addresses =
          elements.stream()
              .map(InetAddress::getHostAddress)
              .distinct()
              .collect(Collectors.joining(", "));
      line("  set %s { type %s; elements = { %s } }".formatted(name, type, addresses));
    }
  }

  /**
   * Peers that admit the same share a chain; those that admit nothing need none. An address that
   * two peers claim keeps the rules of the first.
   */
  private Map<List<PortRule>, List<InetAddress>> byIngress() {
    Map<List<PortRule>, List<InetAddress>> result = new LinkedHashMap<>();
    Set<InetAddress> claimed = new HashSet<>();
    for (FirewallPeer peer : policy.peers()) {
      for (InetAddress address : peer.ipv4()) {
        if (claimed.add(address) && !peer.ingress().isEmpty()) {
          result.computeIfAbsent(peer.ingress(), rules -> new ArrayList<>()).add(address);
        }
      }
    }
    return result;
  }

  private static String joined(List<Integer> ports) {
    return ports.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private void line(String text) {
    out.append(text).append('\n');
  }
}
