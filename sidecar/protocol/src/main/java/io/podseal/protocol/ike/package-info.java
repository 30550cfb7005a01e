/** The IKE SA and its exchanges: input and time in, actions out (RFC 7296). */
@NullMarked
package io.podseal.protocol.ike;

import org.jspecify.annotations.NullMarked;
