package io.podseal.controller.model;

import io.podseal.controller.model.AcceptedPeerings.InForce;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One pass of the model: from a snapshot of the cluster to the peer graph and a verdict on every
 * peering. The same input gives the same output, whatever the order of its collections.
 */
public final class GraphBuilder {
  private final int maxPeers;
  private final Addresses addresses;
  private final List<PodRecord> pods;
  private final List<String> identities;

  /** For people; once for each pod and peering, not for each pair. */
  private final List<String> podNames;

  private final Map<String, String> peeringNames = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<Integer, List<PortRule>> strictPorts = new HashMap<>();
  private final PairTable table;
  private final PeerLimit limit;
  private final ShutPods shut = new ShutPods();
  private final PodIndex index;
  private final Map<String, NamespaceRecord> namespaces;
  private final ProfileCompiler profiles;
  private final Grants grants;
  private final ServiceRoutes services;
  private final PeeringCompiler compiler;
  private final Map<String, InForce> accepted = new HashMap<>();

  private GraphBuilder(
      ClusterSnapshot snapshot, String trustDomain, int maxPeers, AcceptedPeerings previous) {
    this.maxPeers = maxPeers;
    addresses = new Addresses(snapshot.pods());
    index = new PodIndex(snapshot.pods());
    namespaces =
        snapshot.namespaces().stream()
            .collect(Collectors.toMap(NamespaceRecord::name, Function.identity(), (a, b) -> b));
    profiles = new ProfileCompiler(snapshot.profiles());
    grants = new Grants(snapshot.grants());
    services = new ServiceRoutes(snapshot.services(), snapshot.endpointSlices());
    compiler = new PeeringCompiler(profiles);
    pods =
        snapshot.pods().stream()
            .filter(PodRecord::sealable)
            .sorted(Comparator.comparing(PodRecord::uid))
            .toList();
    identities = pods.stream().map(pod -> pod.identity(trustDomain)).toList();
    podNames = pods.stream().map(PodRecord::display).toList();
    for (int i = 0; i < pods.size(); i++) {
      numbers.put(pods.get(i).uid(), i);
    }
    table = new PairTable(pods.size());
    limit = new PeerLimit(maxPeers, previous.pairs(), table, pods, this::number);
  }

  /**
   * Builds the graph.
   *
   * @param maxPeers the most peers that one pod may have
   * @param previous what the pass before returned
   */
  public static ModelResult build(
      ClusterSnapshot snapshot, String trustDomain, int maxPeers, AcceptedPeerings previous) {
    var builder = new GraphBuilder(snapshot, trustDomain, maxPeers, previous);
    var verdicts =
        snapshot.peerings().stream()
            .sorted(PeeringRecord.SENIORITY)
            .map(peering -> builder.judge(peering, previous))
            .toList();
    return new ModelResult(
        builder.graph(),
        verdicts,
        builder.reports(snapshot),
        new AcceptedPeerings(builder.accepted, builder.table.size()));
  }

  private Verdict judge(PeeringRecord peering, AcceptedPeerings previous) {
    var last = previous.of(peering);
    boolean remembered = last == null && previous.remembers(peering);
    try {
      var compiled = compiler.compile(peering);
      return enforce(peering, compiled, null, remembered ? InForce.remembered(compiled) : last);
    } catch (SpecException problem) {
      if (remembered) {
        last = withoutItsProfile(peering);
      }
      return last == null
          ? rejected(peering, problem, problem.explanation())
          : enforce(peering, last.form(), problem, last);
    }
  }

  /** What nobody remembers the profile of stays sealed all the same. */
  private @Nullable InForce withoutItsProfile(PeeringRecord peering) {
    try {
      return InForce.remembered(compiler.compile(peering, CryptoChoice.BUILT_IN));
    } catch (SpecException unusable) {
      return null;
    }
  }

  private Verdict enforce(
      PeeringRecord peering,
      CompiledPeering compiled,
      @Nullable SpecException problem,
      @Nullable InForce last) {
    var wanted = Selection.of(compiled, index, namespaces, grants);
    var excess = limit.excess(wanted, last);
    if (excess == null) {
      return enforce(peering, compiled, wanted, Conditions.Hindrances.of(problem), last);
    }
    var tooMany = excess + "; ";
    if (last == null || !last.sealed()) {
      accepted.put(peering.uid(), InForce.nothing(compiled));
      return rejected(
          peering,
          new SpecException(Reasons.TOO_MANY_PAIRS, ""),
          tooMany + "nothing of this peering is in force: select fewer pods");
    }
    // One pod too many must not open what is sealed: those that are paired stay so.
    var kept = limit.within(wanted, last);
    if (compiled.mode() == Mode.STRICT) {
      shutOut(compiled, wanted, kept);
    }
    return enforce(
        peering,
        compiled,
        kept,
        new Conditions.Hindrances(
            problem, tooMany + "as many as before stay paired, the others wait: select fewer pods"),
        last);
  }

  /** A pod that has to wait exchanges nothing in clear with what it would be paired with. */
  private void shutOut(CompiledPeering peering, Selection wanted, Selection kept) {
    for (var to : wanted.to()) {
      strictPorts.merge(number(to), peering.ports(), PortRule::union);
    }
    shutOut(peering, without(wanted.to(), kept.to()), wanted.from());
    shutOut(peering, without(wanted.from(), kept.from()), wanted.to());
  }

  private void shutOut(
      CompiledPeering peering, List<PodRecord> waiting, List<PodRecord> otherSide) {
    // As many as unpermitted ones at most: beyond that, only those that receive refuse.
    if (waiting.size() > maxPeers || otherSide.size() > maxPeers) {
      return;
    }
    for (var one : waiting) {
      for (var other : otherSide) {
        if (number(one) != number(other)) {
          shut.add(number(one), number(other), peering);
          shut.add(number(other), number(one), peering);
        }
      }
    }
  }

  private static List<PodRecord> without(List<PodRecord> all, List<PodRecord> some) {
    var left = new LinkedHashSet<>(all);
    left.removeAll(new HashSet<>(some));
    return List.copyOf(left);
  }

  private Verdict enforce(
      PeeringRecord peering,
      CompiledPeering compiled,
      Selection selection,
      Conditions.Hindrances hindrances,
      @Nullable InForce last) {
    accepted.put(peering.uid(), InForce.of(compiled, selection, last));
    var conflicts = new TreeSet<String>();
    var pairs = merge(compiled, selection, conflicts);
    var involved = new LinkedHashSet<PodRecord>();
    pairs.forEach(pair -> {
      involved.add(pair.one());
      involved.add(pair.other());
    });
    return new Verdict(
        peering,
        Conditions.accepted(compiled, hindrances, conflicts),
        Conditions.resolvedRefs(compiled, selection, hindrances.problem()),
        List.copyOf(involved),
        pairs,
        selection.hostNetwork(),
        selection.forbidding(),
        involved.stream().filter(addresses::contested).toList());
  }

  private List<Verdict.Pair> merge(
      CompiledPeering peering, Selection selection, SortedSet<String> conflicts) {
    var pairs = new LinkedHashSet<Verdict.Pair>();
    for (var from : selection.from()) {
      for (var to : selection.to()) {
        int one = number(from);
        int other = number(to);
        if (one == other) {
          continue;
        }
        var entry = table.merge(one, other, peering);
        if (!entry.oldest.crypto().equals(peering.crypto())) {
          conflicts.add(entry.oldest.source().name());
        }
        pairs.add(one < other ? new Verdict.Pair(from, to) : new Verdict.Pair(to, from));
      }
    }
    if (peering.mode() == Mode.STRICT) {
      for (var to : selection.to()) {
        strictPorts.merge(number(to), peering.ports(), PortRule::union);
      }
      for (var from : selection.from()) {
        selection.unpermitted().forEach(pod -> shut.add(number(from), number(pod), peering));
      }
    }
    return List.copyOf(pairs);
  }

  private PeerGraph graph() {
    var policies = new HashMap<String, PodPolicy>();
    for (int i = 0; i < pods.size(); i++) {
      var pod = pods.get(i);
      if (pod.injected()) {
        var links = links(i);
        policies.put(
            pod.uid(),
            new PodPolicy(
                pod.uid(),
                identities.get(i),
                pod.addresses(),
                strictPorts.getOrDefault(i, List.of()),
                links,
                services.towards(guardedAddresses(links.values()))));
      }
    }
    return new PeerGraph(policies);
  }

  private static Set<String> guardedAddresses(Collection<PeerLink> links) {
    return links.stream()
        .filter(PeerLink::guarded)
        .flatMap(link -> link.addresses().stream())
        .collect(Collectors.toSet());
  }

  private Map<String, PeerLink> links(int self) {
    var links = new HashMap<String, PeerLink>();
    var taken = new HashSet<>(pods.get(self).addresses());
    for (var unpermitted : shut.of(self)) {
      // Another peering, which is permitted, pairs them.
      if (!table.contains(self, unpermitted.pod())) {
        var pod = pods.get(unpermitted.pod());
        var free = pod.addresses().stream().filter(taken::add).toList();
        if (!free.isEmpty()) {
          var link = shutLink(unpermitted.pod(), unpermitted.peering(), free);
          links.put(link.identity(), link);
        }
      }
    }
    table.peersOf(self).stream()
        .sorted()
        .forEach(number -> {
          var link = link(self, number);
          if (!addresses.contested(pods.get(number))) {
            links.put(link.identity(), link);
            return;
          }
          // No update may ever hold one address under two identities.
          var free = link.addresses().stream().filter(taken::add).toList();
          if (!free.isEmpty()) {
            links.put(link.identity(), link.shut(free));
          }
        });
    return links;
  }

  private PeerLink link(int self, int number) {
    var peer = pods.get(number);
    var entry = table.entry(self, number);
    return new PeerLink(
        peer.uid(),
        identities.get(number),
        podNames.get(number),
        nameOf(entry.oldest),
        peer.addresses(),
        entry.mode,
        peer.injected(),
        self < number ? entry.intoLow : entry.intoHigh,
        entry.oldest.crypto());
  }

  private String nameOf(CompiledPeering peering) {
    return peeringNames.computeIfAbsent(peering.source().uid(), uid -> peering.source().key());
  }

  private PeerLink shutLink(int number, CompiledPeering peering, List<String> free) {
    var pod = pods.get(number);
    return new PeerLink(
        pod.uid(),
        identities.get(number),
        podNames.get(number),
        nameOf(peering),
        free,
        Mode.STRICT,
        false,
        List.of(),
        peering.crypto());
  }

  private List<ObjectReport> reports(ClusterSnapshot snapshot) {
    var reports = new ArrayList<ObjectReport>(grants.reports());
    reports.addAll(profiles.reports());
    snapshot.externalPeers().stream()
        .sorted(Comparator.comparing(peer -> peer.subject().key()))
        .forEach(peer -> reports.add(Conditions.externalPeer(peer)));
    return List.copyOf(reports);
  }

  private int number(PodRecord pod) {
    var number = numbers.get(pod.uid());
    if (number == null) {
      throw new IllegalStateException("pod " + pod.display() + " is not in the snapshot");
    }
    return number;
  }

  private static Verdict rejected(PeeringRecord peering, SpecException problem, String message) {
    return new Verdict(
        peering,
        ConditionState.no(Reasons.ACCEPTED, problem.reason(), message),
        Conditions.unresolvedRefs(problem),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }
}
