package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where an IPsec gateway or host outside of the cluster is, who it is and what lies behind it. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "has(self.address) != has(self.fqdn)",
    message = "name exactly one of address and fqdn")
@ValidationRule(
    value = "!has(self.address) || isIP(self.address)",
    message = "address must be an IPv4 or IPv6 address")
@ValidationRule(
    value =
        "!has(self.fqdn) ||"
            + " self.fqdn.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$')",
    message = "fqdn must be a lower-case DNS name with at least one dot")
@ValidationRule(
    value = "self.networks.all(network, isCIDR(network))",
    message = "each of networks must be an address with a prefix length, as in 192.0.2.0/24")
public record ExternalPeerSpec(
    @Size(min = 2, max = 45) @JsonPropertyDescription("The address it answers IKE at.")
        @Nullable String address,
    @Size(min = 3, max = 253) @JsonPropertyDescription("The DNS name it answers IKE at, in place of `address`.")
        @Nullable String fqdn,
    @Required
        @Size(min = 1, max = 255) @JsonPropertyDescription("The IKE identity that it must prove.")
        @Nullable String remoteId,
    @Required
        @Size(min = 1, max = 64) @JsonPropertyDescription(
            "What lies behind it; its own address as a /32 or /128 for a single host.")
        @Nullable List<String> networks,
    @Required
        @JsonPropertyDescription("The Secret of this namespace that holds the pre-shared key.")
        @Nullable SecretReference secretRef,
    @JsonPropertyDescription("The CryptoProfile of this namespace to use.")
        @Nullable ProfileReference profileRef) {}
