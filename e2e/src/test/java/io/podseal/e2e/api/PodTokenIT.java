package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("api")
@ExtendWith(Api.class)
class PodTokenIT {
  @Test
  void theApiServerIsReal() {
    var namespace = Api.namespace();
    assertThat(Api.kubectl("get", "namespace", namespace, "-o", "name").must())
        .isEqualTo("namespace/" + namespace + "\n");
    assertThat(Api.kubectl("get", "crds", "-o", "name").must())
        .contains("securepeerings.podseal.io");
  }
}
