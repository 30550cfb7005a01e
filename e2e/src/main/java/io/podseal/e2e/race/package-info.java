/**
 * How fast our IKE endpoint answers beside strongSwan's charon: the same initiators drive both over
 * real sockets, in turn.
 */
@NullMarked
package io.podseal.e2e.race;

import org.jspecify.annotations.NullMarked;
