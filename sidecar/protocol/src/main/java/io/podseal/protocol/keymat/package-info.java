/** Key derivation and AUTH values: pure functions from RFC 7296 §2.13-2.18. */
@NullMarked
package io.podseal.protocol.keymat;

import org.jspecify.annotations.NullMarked;
