package io.podseal.sidecar.probe;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of one JSON object of an entry; each getter refuses another type. Immutable. */
final class Fields {
  private final String key;
  private final Map<?, ?> values;

  /**
   * @param key the entry, for errors
   */
  Fields(String key, Object value) {
    this.key = key;
    if (!(value instanceof Map<?, ?> map)) {
      throw Probes.bad(key, "holds something else where an object belongs");
    }
    this.values = map;
  }

  String key() {
    return key;
  }

  Optional<Fields> child(String name) {
    return Optional.ofNullable(values.get(name)).map(v -> new Fields(key, v));
  }

  List<Fields> children(String name) {
    Object value = values.get(name);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw Probes.bad(key, name + " is not a list");
    }
    return list.stream().map(v -> new Fields(key, v)).toList();
  }

  /** An empty string counts as absent, as in the API. */
  String text(String name, String absent) {
    Object value = values.get(name);
    if (value == null) {
      return absent;
    }
    if (!(value instanceof String text)) {
      throw Probes.bad(key, name + " is not a string");
    }
    return text.isEmpty() ? absent : text;
  }

  int integer(String name, int least, int most) {
    if (values.get(name) instanceof Long number && number >= least && number <= most) {
      return number.intValue();
    }
    throw Probes.bad(key, "%s must be a number from %d to %d".formatted(name, least, most));
  }
}
