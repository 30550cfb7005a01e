package io.podseal.e2e.interop;

/** Which ESP strongSwan uses, and where it runs. */
enum Plane {
  /** The kernel's, in a user-mode Linux guest: transport mode. */
  KERNEL_NETLINK(
      "kernel-netlink",
      "random nonce aes gcm sha1 sha2 hmac kdf curve25519 kernel-netlink"),

  /** Its own, in a network namespace: tunnel mode alone, without 64-bit sequence numbers. */
  KERNEL_LIBIPSEC(
      "kernel-libipsec",
      "random nonce openssl aes gcm ccm ctr cmac xcbc chapoly sha1 sha2 hmac kdf curve25519 gmp pem"
          + " kernel-libipsec kernel-netlink");

  private final String title;
  private final String plugins;

  Plane(String title, String plugins) {
    this.title = title;
    this.plugins = plugins;
  }

  /** Returns the name of the plugin. */
  String title() {
    return title;
  }

  /** Returns the plugins to load: few in a guest, where each costs a quarter of a second. */
  String plugins() {
    return plugins;
  }
}
