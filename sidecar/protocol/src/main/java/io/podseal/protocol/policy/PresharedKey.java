package io.podseal.protocol.policy;

import io.podseal.protocol.secret.SecretBytes;
import java.util.Optional;

/**
 * A pre-shared key of one pair in one epoch.
 *
 * @param mayInitiate false while only the other end may use it; it then verifies but never begins
 * @param ppk mixed into the keys beside it (RFC 8784)
 */
public record PresharedKey(int epoch, SecretBytes secret, boolean mayInitiate, Optional<Ppk> ppk) {

  /** A key without PPK. */
  public PresharedKey(int epoch, SecretBytes secret, boolean mayInitiate) {
    this(epoch, secret, mayInitiate, Optional.empty());
  }

  /** Zeroes it. */
  public void destroy() {
    secret.destroy();
    ppk.ifPresent(p -> p.secret().destroy());
  }
}
