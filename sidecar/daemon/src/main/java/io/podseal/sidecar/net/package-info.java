/** UDP 500, where handshakes begin. */
@NullMarked
package io.podseal.sidecar.net;

import org.jspecify.annotations.NullMarked;
