/** A strongSwan of a Debian suite as a process of the lab, and how it is told what to do. */
@NullMarked
package io.podseal.e2e.strongswan;

import org.jspecify.annotations.NullMarked;
