/** Owns the IKE state on one thread: feeds it inputs, runs its actions, arms one timer. */
@NullMarked
package io.podseal.sidecar.engine;

import org.jspecify.annotations.NullMarked;
