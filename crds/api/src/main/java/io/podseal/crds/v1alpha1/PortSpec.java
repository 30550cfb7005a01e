package io.podseal.crds.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A port or a range of ports of one protocol. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
    value = "!has(self.endPort) || (has(self.port) && self.endPort >= self.port)",
    message = "endPort needs port and must not be below it")
public record PortSpec(
    @Default("TCP") @JsonPropertyDescription("TCP, UDP or SCTP.") @Nullable String protocol,
    @Min(1) @Max(65535) @JsonPropertyDescription("Left out: every port of the protocol.")
        @Nullable Integer port,
    @Min(1) @Max(65535) @JsonPropertyDescription("Last port of a range that begins at `port`.")
        @Nullable Integer endPort) {}
