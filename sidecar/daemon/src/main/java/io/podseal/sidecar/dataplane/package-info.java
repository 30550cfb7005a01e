/** Moves packets between the pod and UDP 4500 through ESP, behind one port with several planes. */
@NullMarked
package io.podseal.sidecar.dataplane;

import org.jspecify.annotations.NullMarked;
