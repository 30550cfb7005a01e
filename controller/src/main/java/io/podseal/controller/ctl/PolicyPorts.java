package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Which of Podseal's own flows a NetworkPolicy does not let through by its ports. */
final class PolicyPorts {
  private static final int NAT_T = 4500;
  private static final int IKE = 500;
  private static final int CONTROL = 9443;

  private PolicyPorts() {}

  /** Such as {@code UDP 4500 in}; whom the rules name is not looked at. */
  static List<String> closedTo(NetworkPolicySpec spec) {
    var closed = new ArrayList<String>();
    List<String> types = Objects.requireNonNullElse(spec.getPolicyTypes(), List.of("Ingress"));
    if (types.contains("Ingress")) {
      var rules =
          Objects.requireNonNullElse(
                  spec.getIngress(),
                  List.<io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule>of())
              .stream()
              .map(rule -> rule.getPorts())
              .toList();
      add(closed, rules, "UDP", IKE, "in");
      add(closed, rules, "UDP", NAT_T, "in");
    }
    if (types.contains("Egress")) {
      var rules =
          Objects.requireNonNullElse(
                  spec.getEgress(),
                  List.<io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule>of())
              .stream()
              .map(rule -> rule.getPorts())
              .toList();
      add(closed, rules, "UDP", IKE, "out");
      add(closed, rules, "UDP", NAT_T, "out");
      add(closed, rules, "TCP", CONTROL, "out");
    }
    return closed;
  }

  private static void add(
      List<String> closed,
      List<List<NetworkPolicyPort>> rules,
      String protocol,
      int port,
      String direction) {
    boolean open =
        rules.stream()
            .anyMatch(ports ->
                ports == null
                    || ports.isEmpty()
                    || ports.stream().anyMatch(rule -> admits(rule, protocol, port)));
    if (!open) {
      closed.add(protocol + " " + port + " " + direction);
    }
  }

  private static boolean admits(NetworkPolicyPort rule, String protocol, int port) {
    if (!protocol.equals(Objects.requireNonNullElse(rule.getProtocol(), "TCP"))) {
      return false;
    }
    if (rule.getPort() == null) {
      return true;
    }
    var first = rule.getPort().getIntVal();
    var last = rule.getEndPort() == null ? first : rule.getEndPort();
    return first != null && last != null && first <= port && port <= last;
  }
}
