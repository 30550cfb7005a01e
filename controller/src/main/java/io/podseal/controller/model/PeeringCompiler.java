package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.PeerDestination;
import io.podseal.crds.v1alpha1.PortSpec;
import io.podseal.crds.v1alpha1.SecurePeeringSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks a peering's spec and resolves what it names.
 *
 * <p>It repeats the CRD's rules: an object may be older than a rule, or the CRD may be another
 * version's.
 */
final class PeeringCompiler {
  private static final int MAX_ITEMS = 64;
  private static final int MAX_PORT = 65_535;

  private final ProfileCompiler profiles;

  PeeringCompiler(ProfileCompiler profiles) {
    this.profiles = profiles;
  }

  CompiledPeering compile(PeeringRecord peering) throws SpecException {
    var spec = spec(peering);
    return compile(peering, profiles.find(peering.namespace(), spec.profileRef()));
  }

  /** As {@link #compile(PeeringRecord)}, whatever profile it names. */
  CompiledPeering compile(PeeringRecord peering, CryptoChoice crypto) throws SpecException {
    var spec = spec(peering);
    if (spec.from() == null) {
      throw SpecException.invalid("spec.from is missing");
    }
    var from = LabelQuery.parse(spec.from().podSelector(), "spec.from.podSelector");
    return new CompiledPeering(
        peering, from, destinations(spec.to()), ports(spec.ports()), mode(spec.mode()), crypto);
  }

  private static SecurePeeringSpec spec(PeeringRecord peering) throws SpecException {
    var spec = peering.spec();
    if (spec == null) {
      throw SpecException.invalid("spec is missing");
    }
    return spec;
  }

  private static List<CompiledPeering.Destination> destinations(@Nullable List<PeerDestination> to)
      throws SpecException {
    if (to == null || to.isEmpty() || to.size() > MAX_ITEMS) {
      throw SpecException.invalid("spec.to must have 1 to " + MAX_ITEMS + " entries");
    }
    var destinations = new ArrayList<CompiledPeering.Destination>();
    for (int i = 0; i < to.size(); i++) {
      var field = "spec.to[" + i + "]";
      var entry = to.get(i);
      if (entry == null) {
        throw SpecException.invalid(field + " is empty");
      }
      var namespaces = entry.namespaceSelector();
      destinations.add(
          new CompiledPeering.Destination(
              LabelQuery.parse(entry.podSelector(), field + ".podSelector"),
              namespaces == null
                  ? null
                  : LabelQuery.parse(namespaces, field + ".namespaceSelector")));
    }
    return List.copyOf(destinations);
  }

  private static List<PortRule> ports(@Nullable List<PortSpec> ports) throws SpecException {
    if (ports == null || ports.isEmpty()) {
      return List.of(PortRule.EVERYTHING);
    }
    if (ports.size() > MAX_ITEMS) {
      throw SpecException.invalid("spec.ports must have at most " + MAX_ITEMS + " entries");
    }
    var rules = new ArrayList<PortRule>();
    for (int i = 0; i < ports.size(); i++) {
      rules.add(port(ports.get(i), "spec.ports[" + i + "]"));
    }
    return PortRule.normalise(rules);
  }

  private static PortRule port(@Nullable PortSpec spec, String field) throws SpecException {
    if (spec == null) {
      throw SpecException.invalid(field + " is empty");
    }
    int protocol =
        switch (spec.protocol() == null ? "TCP" : spec.protocol()) {
          case "TCP" -> 6;
          case "UDP" -> 17;
          case "SCTP" -> 132;
          default ->
              throw SpecException.invalid(
                  field + ".protocol is " + spec.protocol() + "; it must be TCP, UDP or SCTP");
        };
    var port = spec.port();
    var endPort = spec.endPort();
    if (port == null) {
      if (endPort != null) {
        throw SpecException.invalid(field + ".endPort needs port");
      }
      return new PortRule(protocol, 0, 0);
    }
    if (port < 1 || port > MAX_PORT) {
      throw SpecException.invalid(field + ".port must be between 1 and " + MAX_PORT);
    }
    if (endPort != null && (endPort < port || endPort > MAX_PORT)) {
      throw SpecException.invalid(
          field + ".endPort must be between port and " + MAX_PORT + ", not " + endPort);
    }
    return new PortRule(protocol, port, endPort == null || endPort.equals(port) ? 0 : endPort);
  }

  private static Mode mode(@Nullable String mode) throws SpecException {
    return switch (mode == null ? SecurePeeringSpec.STRICT : mode) {
      case SecurePeeringSpec.STRICT -> Mode.STRICT;
      case SecurePeeringSpec.PERMISSIVE -> Mode.PERMISSIVE;
      default ->
          throw SpecException.invalid("spec.mode is " + mode + "; it must be Strict or Permissive");
    };
  }
}
