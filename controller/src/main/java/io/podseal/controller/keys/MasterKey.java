package io.podseal.controller.keys;

/**
 * The root of all pre-shared keys of one epoch.
 *
 * @param epoch from 1; a higher one is newer
 * @param secret {@value #LENGTH} random octets
 */
record MasterKey(int epoch, SecretOctets secret) {
  /** 256 bits. */
  static final int LENGTH = 32;

  MasterKey {
    if (epoch < 1 || secret.length() != LENGTH) {
      throw new IllegalArgumentException("not a master key of epoch " + epoch);
    }
  }
}
