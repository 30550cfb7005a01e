package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.ProfileReference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A peering whose spec was checked and whose references were resolved.
 *
 * @param source the object, in the generation that this was compiled from
 * @param ports what {@code to} lets in; never empty
 */
record CompiledPeering(
    PeeringRecord source,
    LabelQuery from,
    List<Destination> to,
    List<PortRule> ports,
    Mode mode,
    CryptoChoice crypto) {

  /** Whether it is sealed with the built-in algorithms although its spec names a profile. */
  boolean lostItsProfile() {
    var spec = source.spec();
    return crypto.equals(CryptoChoice.BUILT_IN)
        && spec != null
        && spec.profileRef() != null
        && !ProfileReference.DEFAULT.equals(spec.profileRef().name());
  }

  /** One entry of {@code to}; without namespaces it means the peering's own. */
  record Destination(LabelQuery pods, @Nullable LabelQuery namespaces) {}
}
