/** The crypto ports on Bouncy Castle: a second opinion on the JDK's, never on the packet path. */
@NullMarked
package io.podseal.sidecar.jca;

import org.jspecify.annotations.NullMarked;
