package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** How many pod pairs a peering has, and how far they are. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PairCounts(
    @JsonPropertyDescription("Pairs that the selectors ask for.") int desired,
    @JsonPropertyDescription("Pairs of which both ends acknowledged their key.") int keyed,
    @JsonPropertyDescription(
            "Pairs with a live security association; begins with the first packet.")
        int active,
    @JsonPropertyDescription("keyed/desired, for people.") String summary) {

  /** The counts with their summary. */
  public static PairCounts of(int desired, int keyed, int active) {
    return new PairCounts(desired, keyed, active, keyed + "/" + desired);
  }
}
