package io.podseal.e2e.strongswan;

/** Which ESP strongSwan uses, and where it runs. */
public enum Plane {
  /** The kernel's, in a user-mode Linux guest: transport mode. */
  KERNEL_NETLINK(
      "kernel-netlink", "random nonce aes gcm sha1 sha2 hmac kdf curve25519 kernel-netlink", ""),

  /** Its own, in a network namespace: tunnel mode alone, without 64-bit sequence numbers. */
  KERNEL_LIBIPSEC(
      "kernel-libipsec",
      "random nonce openssl aes gcm ccm ctr cmac xcbc chapoly sha1 sha2 hmac kdf curve25519 gmp pem"
          + " kernel-libipsec kernel-netlink",
      // Its own packets must not be captured by the route to the peer that they carry.
      """
      kernel-netlink { fwmark = !0x42 }
      socket-default { fwmark = 0x42 }
      kernel-libipsec { allow_peer_ts = yes }
      """);

  private final String title;
  private final String plugins;
  private final String settings;

  Plane(String title, String plugins, String settings) {
    this.title = title;
    this.plugins = plugins;
    this.settings = settings;
  }

  /** Returns the name of the plugin. */
  public String title() {
    return title;
  }

  /** Returns the mode of its child SAs. */
  public String mode() {
    return this == KERNEL_NETLINK ? "transport" : "tunnel";
  }

  /** Returns what those plugins are told in {@code strongswan.conf}. */
  public String settings() {
    return settings;
  }

  /** Returns the plugins to load: few in a guest, where each costs a quarter of a second. */
  public String plugins() {
    return plugins;
  }
}
