package io.podseal.protocol.policy;

import io.podseal.protocol.secret.SecretBytes;

/**
 * A pre-shared key of one pair in one epoch.
 *
 * @param mayInitiate false while only the other end may use it; it then verifies but never begins
 */
public record PresharedKey(int epoch, SecretBytes secret, boolean mayInitiate) {}
