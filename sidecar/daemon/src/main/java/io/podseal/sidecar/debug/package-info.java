/** Keys for decrypting captures; off unless asked for, and loud. */
@NullMarked
package io.podseal.sidecar.debug;

import org.jspecify.annotations.NullMarked;
