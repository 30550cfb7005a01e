/** Bounds-checked big-endian reader and writer. */
@NullMarked
package io.podseal.protocol.wire;

import org.jspecify.annotations.NullMarked;
