/**
 * Whole pods in memory: real IKE endpoints, a virtual clock and a network that misbehaves by seed.
 */
@NullMarked
package io.podseal.protocol.sim;

import org.jspecify.annotations.NullMarked;
