/**
 * Seals and opens one ESP packet: sequence numbers, replay window, padding, transport mode (RFC
 * 4303).
 */
@NullMarked
package io.podseal.protocol.esp;

import org.jspecify.annotations.NullMarked;
