package io.podseal.sidecar.firewall;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes the chains that turn packets to Services into packets to their backends. Pure.
 *
 * <p>The mark leads the packet through the rule of {@code PeerRoutes} when the kernel looks up its
 * new route. In the output hook its interface is the one of the old route even then, so that only
 * the postrouting hook can tell whether it goes into the seal.
 */
final class ServiceChains {
  private final Map<String, ServiceRoute> routes = new LinkedHashMap<>();

  /** An address that two Services claim keeps the first. */
  ServiceChains(List<ServiceRoute> services) {
    for (ServiceRoute service : services) {
      routes.putIfAbsent(key(service), service);
    }
  }

  boolean isEmpty() {
    return routes.isEmpty();
  }

  /** The sets and chains before the filter. */
  List<String> chains() {
    List<String> lines = new ArrayList<>();
    lines.add("set services {");
    lines.add("  type ipv4_addr . inet_proto . inet_service");
    lines.add("  elements = { " + String.join(", ", routes.keySet()) + " }");
    lines.add("}");
    lines.add("chain service_mark {");
    lines.add("  type filter hook output priority mangle");
    lines.add(
        "  ip daddr . meta l4proto . th dport @services meta mark set meta mark or 0x%x"
            .formatted(Firewall.SERVICE_MARK));
    lines.add("}");
    List<String> chosen = new ArrayList<>();
    int number = 0;
    for (Map.Entry<String, ServiceRoute> route : routes.entrySet()) {
      if (!route.getValue().backends().isEmpty()) {
        String chain = "service_" + number++;
        chosen.add(route.getKey() + " : goto " + chain);
        lines.add("chain " + chain + " {");
        lines.add("  " + choice(route.getValue()));
        lines.add("}");
      }
    }
    if (!chosen.isEmpty()) {
      lines.add("chain service_choice {");
      // Priority dstnat; its name is not known in this hook.
      lines.add("  type nat hook output priority -100");
      lines.add("  ip daddr . meta l4proto . th dport vmap { " + String.join(", ", chosen) + " }");
      lines.add("}");
    }
    return lines;
  }

  /** The rules of the output chain, after which the packet is judged by where it leaves. */
  List<String> output(String wasSealed) {
    List<String> lines = new ArrayList<>();
    String marked = "meta mark and 0x%1$x == 0x%1$x".formatted(Firewall.SERVICE_MARK);
    String counted = "counter name " + Counter.SERVICE.label();
    // Still addressed to the Service: none of its backends is ready, or the connection is older
    // than
    // the knowledge that a backend is a peer.
    String unchosen = "ip daddr . meta l4proto . th dport @services ";
    lines.add(unchosen + "meta l4proto tcp " + counted + " reject with tcp reset");
    lines.add(unchosen + counted + " reject with icmp port-unreachable");
    lines.add(
        "%s meta l4proto tcp %s ip daddr != @peers counter name %s reject with tcp reset"
            .formatted(marked, wasSealed, Counter.SEALED_FLOW.label()));
    // A flow of datagrams keeps its backend, also one that is none any more and in clear then.
    String backends =
        routes.values().stream()
            .flatMap(route -> route.backends().stream())
            .map(backend -> backend.address().getHostAddress())
            .distinct()
            .collect(Collectors.joining(", "));
    lines.add(
        marked
            + " meta l4proto udp "
            + (backends.isEmpty() ? "" : "ip daddr != { " + backends + " } ")
            + counted
            + " drop");
    lines.add(marked + " accept");
    return lines;
  }

  private static String choice(ServiceRoute service) {
    int count = service.backends().size();
    String places =
        IntStream.range(0, count)
            .mapToObj(i -> {
              ServiceRoute.Backend backend = service.backends().get(i);
              return "%d : %s . %d"
                  .formatted(i, backend.address().getHostAddress(), backend.port());
            })
            .collect(Collectors.joining(", "));
    String number = service.sticky() ? "jhash ip saddr mod %d seed 0x%x" : "numgen random mod %d";
    return "meta l4proto %d dnat ip addr . port to %s map { %s }"
        .formatted(
            service.protocol(),
            service.sticky()
                ? number.formatted(count, key(service).hashCode())
                : number.formatted(count),
            places);
  }

  private static String key(ServiceRoute service) {
    return "%s . %d . %d"
        .formatted(service.address().getHostAddress(), service.protocol(), service.port());
  }
}
