package io.podseal.e2e.strongswan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ViciMessageTest {
  @Test
  void writesWhatStrongSwansDescriptionOfTheProtocolShows() {
    Map<String, Object> sub = new LinkedHashMap<>();
    sub.put("key2", "value2");
    sub.put("list1", List.of("item1", "item2"));
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("key1", "value1");
    message.put("section1", sub);

    assertThat(HexFormat.of().formatHex(ViciMessage.encode(message)))
        .isEqualTo(
            "03"
                + name("key1")
                + value("value1")
                + "01"
                + name("section1")
                + "03"
                + name("key2")
                + value("value2")
                + "04"
                + name("list1")
                + "05"
                + value("item1")
                + "05"
                + value("item2")
                + "06"
                + "02");
  }

  private static String name(String text) {
    return "%02x".formatted(text.length()) + hex(text);
  }

  private static String value(String text) {
    return "%04x".formatted(text.length()) + hex(text);
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void readsWhatItWrites() {
    Map<String, Object> message =
        Map.of("sa", Map.of("state", "ESTABLISHED", "child-sas", Map.of("data-1", Map.of())));

    assertThat(ViciMessage.decode(ViciMessage.encode(message))).isEqualTo(message);
  }

  @Test
  void refusesAMessageThatIsCutShort() {
    byte[] whole = ViciMessage.encode(Map.of("section", Map.of("key", "value")));

    for (int length = 1; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> ViciMessage.decode(part))
          .as("%d octets", length)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
