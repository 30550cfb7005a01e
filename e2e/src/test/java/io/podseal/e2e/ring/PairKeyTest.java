package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** A search for a wrong key would find nothing, and prove nothing. */
final class PairKeyTest {
  /** As computed with Python's hmac and hashlib, and by the controller. */
  @Test
  void isTheKeyThatTheControllerDerives() {
    byte[] master = new byte[32];
    for (int i = 0; i < master.length; i++) {
      master[i] = (byte) i;
    }

    var key = new PairKey(master, 1, pod("b"), pod("a"));

    assertThat(HexFormat.of().formatHex(key.octets()))
        .isEqualTo("a7be58c8319b3636b4e33cb7c852e812b87fd7c77e91a0f402bce124f075a531");
  }

  private static Pod pod(String uid) {
    return new PodBuilder()
        .withNewMetadata()
        .withUid(uid)
        .withNamespace("shop")
        .endMetadata()
        .build();
  }
}
