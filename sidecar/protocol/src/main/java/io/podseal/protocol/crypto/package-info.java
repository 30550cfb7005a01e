/** Ports to cryptography: what the protocol needs, not who does it. */
@NullMarked
package io.podseal.protocol.crypto;

import org.jspecify.annotations.NullMarked;
