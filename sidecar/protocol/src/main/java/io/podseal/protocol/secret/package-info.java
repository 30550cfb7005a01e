/** Key material that zeroes, never prints and compares in constant time. */
@NullMarked
package io.podseal.protocol.secret;

import org.jspecify.annotations.NullMarked;
