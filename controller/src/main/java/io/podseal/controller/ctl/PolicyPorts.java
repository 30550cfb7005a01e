package io.podseal.controller.ctl;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which of Podseal's own flows a NetworkPolicy does not let through.
 *
 * @param closed such as {@code UDP 4500 in}: no rule has such a port
 * @param narrowed rules with such a port name whom they let through, and nobody else passes
 */
record PolicyPorts(List<String> closed, List<String> narrowed) {
  private enum Openness {
    CLOSED,
    NARROWED,
    OPEN
  }

  private record Flow(String protocol, int port, String direction) {
    String type() {
      return direction.equals("in") ? "Ingress" : "Egress";
    }

    @Override
    public String toString() {
      return protocol + " " + port + " " + direction;
    }
  }

  /** A rule of either direction. */
  private record Rule(List<NetworkPolicyPort> ports, boolean forSome) {
    static Rule of(@Nullable List<NetworkPolicyPort> ports, @Nullable List<?> peers) {
      return new Rule(
          Objects.requireNonNullElse(ports, List.of()), peers != null && !peers.isEmpty());
    }

    Openness to(Flow flow) {
      if (!ports.isEmpty() && ports.stream().noneMatch(port -> admits(port, flow))) {
        return Openness.CLOSED;
      }
      return forSome ? Openness.NARROWED : Openness.OPEN;
    }
  }

  private static final List<Flow> FLOWS =
      List.of(
          new Flow("UDP", 500, "in"),
          new Flow("UDP", 4500, "in"),
          new Flow("UDP", 500, "out"),
          new Flow("UDP", 4500, "out"),
          new Flow("TCP", 9443, "out"));

  /**
   * What {@code spec} does not let through.
   *
   * @param others of the namespace: what one of them lets through for all pods, or for the same
   *     ones, passes, because policies add up
   */
  static PolicyPorts of(NetworkPolicySpec spec, List<NetworkPolicySpec> others) {
    Predicate<NetworkPolicySpec> samePods =
        other ->
            selectsEveryPod(other.getPodSelector())
                || Objects.equals(spec.getPodSelector(), other.getPodSelector());
    var together = Stream.concat(Stream.of(spec), others.stream().filter(samePods)).toList();
    var found = new PolicyPorts(new ArrayList<>(), new ArrayList<>());
    for (var flow : FLOWS) {
      if (types(spec).contains(flow.type())) {
        var best =
            together.stream()
                .filter(policy -> types(policy).contains(flow.type()))
                .flatMap(policy -> rules(policy, flow.type()))
                .map(rule -> rule.to(flow))
                .max(Openness::compareTo)
                .orElse(Openness.CLOSED);
        switch (best) {
          case CLOSED -> found.closed.add(flow.toString());
          case NARROWED -> found.narrowed.add(flow.toString());
          case OPEN -> {
            // Nothing to say.
          }
        }
      }
    }
    return found;
  }

  private static Stream<Rule> rules(NetworkPolicySpec spec, String type) {
    if (type.equals("Ingress")) {
      return spec.getIngress() == null
          ? Stream.empty()
          : spec.getIngress().stream().map(rule -> Rule.of(rule.getPorts(), rule.getFrom()));
    }
    return spec.getEgress() == null
        ? Stream.empty()
        : spec.getEgress().stream().map(rule -> Rule.of(rule.getPorts(), rule.getTo()));
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

  private static boolean admits(NetworkPolicyPort rule, Flow flow) {
    if (!flow.protocol().equals(Objects.requireNonNullElse(rule.getProtocol(), "TCP"))) {
      return false;
    }
    if (rule.getPort() == null) {
      return true;
    }
    var first = rule.getPort().getIntVal();
    var last = rule.getEndPort() == null ? first : rule.getEndPort();
    return first != null && last != null && first <= flow.port() && flow.port() <= last;
  }
}
