package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be sealed: every packet between the pods of {@code from} and the pods of {@code to}.
 *
 * <p>Any component may be null in an object that bypassed the schema; readers check. {@code mode}
 * is text and not an enum so that one object with a value of a newer version cannot stop a watch.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SecurePeeringSpec(
    @Required @JsonPropertyDescription("Pods of this namespace that open connections.")
        @Nullable PeerSource from,
    @Required
        @Size(min = 1, max = 64) @JsonPropertyDescription("Pods that accept connections; several entries add up.")
        @Nullable List<PeerDestination> to,
    @Size(max = 64) @JsonPropertyDescription(
            "What the pods of `to` let in from the pods of `from` after decryption, besides replies"
                + " and ICMP echo and errors. Empty: everything. The pair is sealed whole in any"
                + " case.")
        @Nullable List<PortSpec> ports,
    @Default("Strict")
        @JsonPropertyDescription(
            "Strict: never a clear packet, and clear packets to `ports` are refused from anyone."
                + " Permissive: clear packets only to pods that have no sidecar.")
        @Nullable String mode,
    @JsonPropertyDescription(
            "The CryptoProfile of this namespace to use; `default` need not exist.")
        @Nullable ProfileReference profileRef) {

  /** The value of {@code mode} that never sends clear packets. */
  public static final String STRICT = "Strict";

  /** The value of {@code mode} that sends clear packets to pods without a sidecar. */
  public static final String PERMISSIVE = "Permissive";
}
