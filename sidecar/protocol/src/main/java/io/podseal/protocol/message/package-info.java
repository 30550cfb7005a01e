/** IKEv2 header, payloads and their codec: knows bytes, not state (RFC 7296 §3). */
@NullMarked
package io.podseal.protocol.message;

import org.jspecify.annotations.NullMarked;
