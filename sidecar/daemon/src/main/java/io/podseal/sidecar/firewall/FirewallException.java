package io.podseal.sidecar.firewall;

import org.jspecify.annotations.Nullable;

/** The table could not be loaded or read; the message carries what nft printed. */
public final class FirewallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  FirewallException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
