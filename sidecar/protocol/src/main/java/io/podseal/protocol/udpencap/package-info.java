/** Tells IKE, ESP and keepalives apart on UDP 4500 (RFC 3948). */
@NullMarked
package io.podseal.protocol.udpencap;

import org.jspecify.annotations.NullMarked;
