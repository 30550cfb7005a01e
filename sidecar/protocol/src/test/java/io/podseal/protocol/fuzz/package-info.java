/**
 * Targets for a fuzzer, and the corpus that the normal tests replay. A target needs nothing but the
 * JDK; {@code ./dev fuzz} brings Jazzer.
 */
@NullMarked
package io.podseal.protocol.fuzz;

import org.jspecify.annotations.NullMarked;
