package io.podseal.sidecar.policy;

import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.PresharedKey;
import io.podseal.control.v1.Self;
import io.podseal.protocol.crypto.WorkingAlgorithms;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.policy.ChildPolicy;
import io.podseal.protocol.policy.ChildPolicy.Modes;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Identity;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.policy.Peer;
import io.podseal.protocol.policy.Ppk;
import io.podseal.protocol.policy.SecurityProtocol;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import io.podseal.sidecar.firewall.FirewallPeer;
import io.podseal.sidecar.firewall.PortRule;
import io.podseal.sidecar.firewall.ServiceRoute;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns control-plane messages into the values of the protocol, the firewall and the data plane.
 */
final class PolicyValues {
  private PolicyValues() {}

  /** This pod, at its first IPv4 address. */
  static LocalPod localPod(Self self) {
    Inet4Address address =
        ipv4(self.getAddressesList()).stream()
            .findFirst()
            .orElseThrow(() ->
                new PolicyException(
                    "the controller knows no IPv4 address of this pod; only IPv4 is sealed"));
    return new LocalPod(new Identity(self.getIdentity()), address);
  }

  /** What holds for all IKE SAs of this pod; the caller takes over the secret. */
  static IkeOptions options(Self self) {
    return self.getCrashSecret().isEmpty()
        ? IkeOptions.DEFAULT
        : IkeOptions.DEFAULT.withQcdSecret(SecretBytes.adopt(self.getCrashSecret().toByteArray()));
  }

  static Peer peer(io.podseal.control.v1.Peer p, WorkingAlgorithms working) {
    List<io.podseal.protocol.policy.PresharedKey> keys = new ArrayList<>();
    for (PresharedKey key : p.getKeysList().stream().limit(Peer.MAX_KEYS).toList()) {
      keys.add(
          new io.podseal.protocol.policy.PresharedKey(
              key.getEpoch(),
              SecretBytes.adopt(key.getSecret().toByteArray()),
              key.getMayInitiate(),
              ppk(key)));
    }
    return new Peer(
        new Identity(p.getIdentity()),
        p.getPod(),
        List.copyOf(ipv4(p.getAddressesList())),
        keys,
        crypto(p.getProfile(), working),
        lifetimes(p.getProfile()),
        child(p));
  }

  private static ChildPolicy child(io.podseal.control.v1.Peer p) {
    return switch (p.getChildMode()) {
      case CHILD_MODE_UNSPECIFIED, CHILD_MODE_TRANSPORT -> ChildPolicy.BETWEEN_PODS;
      case CHILD_MODE_TUNNEL -> ChildPolicy.tunnel(List.of(), List.of());
      case CHILD_MODE_TRANSPORT_PREFERRED ->
          new ChildPolicy(
              Modes.TRANSPORT_PREFERRED, SecurityProtocol.ESP, List.of(), List.of(), false);
      case UNRECOGNIZED ->
          throw new PolicyException(
              "peer " + p.getPod() + " has a mode that this sidecar does not know");
    };
  }

  private static Optional<Ppk> ppk(PresharedKey key) {
    return key.hasPpk()
        ? Optional.of(
            new Ppk(
                Bytes.copyOf(key.getPpk().getId().toByteArray()),
                SecretBytes.adopt(key.getPpk().getSecret().toByteArray()),
                key.getPpk().getRequired()))
        : Optional.empty();
  }

  private static CryptoOffer crypto(CryptoProfile profile, WorkingAlgorithms working) {
    CryptoOffer named = ProfileNames.offer(profile);
    return named
        .restrictedTo(working)
        .orElseThrow(() ->
            new PolicyException(
                "profile "
                    + profile.getName()
                    + " needs algorithms that failed their self-test: "
                    + named.algorithms().stream().filter(a -> !working.includes(a)).toList()));
  }

  private static Lifetimes lifetimes(CryptoProfile profile) {
    return new Lifetimes(
        seconds(profile.getChildLifetimeSeconds(), Lifetimes.DEFAULT.child()),
        seconds(profile.getIkeLifetimeSeconds(), Lifetimes.DEFAULT.ike()),
        seconds(profile.getLivenessSeconds(), Lifetimes.DEFAULT.liveness()));
  }

  private static Duration seconds(int seconds, Duration whenZero) {
    return seconds == 0 ? whenZero : Duration.ofSeconds(Integer.toUnsignedLong(seconds));
  }

  static Map<Inet4Address, String> sealedAddresses(Collection<io.podseal.control.v1.Peer> peers) {
    Map<Inet4Address, String> table = new HashMap<>();
    for (io.podseal.control.v1.Peer p : peers) {
      if (DeclaredPolicy.isSealed(p)) {
        ipv4(p.getAddressesList()).forEach(a -> table.put(a, p.getIdentity()));
      }
    }
    return table;
  }

  static List<FirewallPeer> guarded(Collection<io.podseal.control.v1.Peer> peers) {
    return peers.stream()
        .filter(DeclaredPolicy::isGuarded)
        .map(p -> new FirewallPeer(addresses(p.getAddressesList()), rules(p.getIngressList())))
        .toList();
  }

  static List<PortRule> rules(List<io.podseal.control.v1.PortRule> rules) {
    return rules.stream()
        .map(r -> new PortRule(r.getProtocol(), r.getPort(), r.getEndPort()))
        .toList();
  }

  static List<ServiceRoute> services(List<io.podseal.control.v1.ServiceRoute> routes) {
    return routes.stream()
        .map(route ->
            new ServiceRoute(
                inet4(route.getAddress()),
                route.getProtocol(),
                route.getPort(),
                route.getSticky(),
                route.getBackendsList().stream()
                    .map(b -> new ServiceRoute.Backend(inet4(b.getAddress()), b.getPort()))
                    .toList()))
        .toList();
  }

  private static Inet4Address inet4(String text) {
    return ipv4(List.of(text)).stream()
        .findFirst()
        .orElseThrow(() -> new PolicyException("not an IPv4 address: " + text));
  }

  private static List<Inet4Address> ipv4(List<String> texts) {
    return addresses(texts).stream()
        .filter(Inet4Address.class::isInstance)
        .map(Inet4Address.class::cast)
        .toList();
  }

  private static List<InetAddress> addresses(List<String> texts) {
    List<InetAddress> result = new ArrayList<>();
    for (String text : texts) {
      if (!text.matches("[0-9a-fA-F.:]+")) {
        throw new PolicyException("not an IP address: " + text);
      }
      try {
        result.add(InetAddress.getByName(text));
      } catch (UnknownHostException e) {
        throw new PolicyException("not an IP address: " + text);
      }
    }
    return result;
  }
}
