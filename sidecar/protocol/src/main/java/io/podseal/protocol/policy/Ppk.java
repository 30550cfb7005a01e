package io.podseal.protocol.policy;

import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;

/**
 * A post-quantum pre-shared key that is mixed into the keys of an IKE SA (RFC 8784).
 *
 * @param id names it on the wire, where anybody may read it
 * @param required whether an SA without it is refused
 */
public record Ppk(Bytes id, SecretBytes secret, boolean required) {}
