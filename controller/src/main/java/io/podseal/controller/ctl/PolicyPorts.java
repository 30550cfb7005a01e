package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which of Podseal's own flows a NetworkPolicy does not let through by its ports. */
final class PolicyPorts {
  private static final int NAT_T = 4500;
  private static final int IKE = 500;
  private static final int CONTROL = 9443;

  private PolicyPorts() {}

  /**
   * Such as {@code UDP 4500 in}; whom the rules name is not looked at.
   *
   * @param others of the namespace: what one of them lets through for all pods, or for the same
   *     ones, is open, because policies add up
   */
  static List<String> closedTo(NetworkPolicySpec spec, List<NetworkPolicySpec> others) {
    var closed = closedTo(spec);
    others.stream()
        .filter(other ->
            selectsEveryPod(other.getPodSelector())
                || Objects.equals(spec.getPodSelector(), other.getPodSelector()))
        .forEach(other -> {
          var closedByOther = closedTo(other);
          var types = types(other);
          closed.removeIf(flow ->
              types.contains(flow.endsWith(" in") ? "Ingress" : "Egress")
                  && !closedByOther.contains(flow));
        });
    return closed;
  }

  private static boolean selectsEveryPod(@Nullable LabelSelector selector) {
    return selector == null
        || ((selector.getMatchLabels() == null || selector.getMatchLabels().isEmpty())
            && (selector.getMatchExpressions() == null
                || selector.getMatchExpressions().isEmpty()));
  }

  private static List<String> types(NetworkPolicySpec spec) {
    var types = spec.getPolicyTypes();
    if (types != null && !types.isEmpty()) {
      return types;
    }
    // The API server's own default.
    return spec.getEgress() == null || spec.getEgress().isEmpty()
        ? List.of("Ingress")
        : List.of("Ingress", "Egress");
  }

  private static List<String> closedTo(NetworkPolicySpec spec) {
    var closed = new ArrayList<String>();
    var types = types(spec);
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
