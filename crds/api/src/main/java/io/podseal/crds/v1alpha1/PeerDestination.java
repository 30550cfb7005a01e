package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** One entry of the side of a peering that accepts connections. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PeerDestination(
    @Required @JsonPropertyDescription("Selects pods by label.") @Nullable Selector podSelector,
    @JsonPropertyDescription(
            "Selects namespaces by label; left out, the peering's own. Pods of another namespace are"
                + " skipped (ResolvedRefs=False, NotPermitted) unless that namespace grants it.")
        @Nullable Selector namespaceSelector) {

  /** Pods of the peering's own namespace. */
  public PeerDestination(Selector podSelector) {
    this(podSelector, null);
  }
}
