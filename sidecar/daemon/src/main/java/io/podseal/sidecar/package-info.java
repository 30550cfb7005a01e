/** The sidecar's process: options, wiring, start and stop. */
@NullMarked
package io.podseal.sidecar;

import org.jspecify.annotations.NullMarked;
