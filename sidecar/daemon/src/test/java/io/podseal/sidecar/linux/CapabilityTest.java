package io.podseal.sidecar.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CapabilityTest {

  @Test
  void effectiveSetIsReadFromItsMask() {
    assertThat(Capability.parse(List.of("CapPrm:\t0000000000003400", "CapEff:\t0000000000001400")))
        .containsExactlyInAnyOrder(Capability.NET_ADMIN, Capability.NET_BIND_SERVICE);
    assertThat(Capability.parse(List.of("CapEff:\t000001ffffffffff")))
        .isEqualTo(EnumSet.allOf(Capability.class));
    assertThat(Capability.parse(List.of("Name:\tjava"))).isEmpty();
  }

  @Test
  void missingOnesAreNamedWithWhereToAddThem() {
    assertThat(
            Capability.missing(
                EnumSet.of(Capability.NET_ADMIN, Capability.NET_BIND_SERVICE), Set.of()))
        .contains("NET_BIND_SERVICE and NET_ADMIN", "securityContext.capabilities", "user 0");
    assertThat(Capability.missing(Set.of(Capability.NET_RAW), Set.of(Capability.NET_RAW)))
        .isEmpty();
  }
}
