package io.podseal.e2e.lab;

/** The values of {@code net.ipv4.conf.*.rp_filter} (RFC 3704) that pods meet in the field. */
public enum ReversePathFilter {
  OFF(0),
  STRICT(1);

  private final int value;

  ReversePathFilter(int value) {
    this.value = value;
  }

  int value() {
    return value;
  }
}
