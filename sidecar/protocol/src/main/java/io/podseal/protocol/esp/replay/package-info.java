/** The anti-replay window of RFC 6479, and nothing else. */
@NullMarked
package io.podseal.protocol.esp.replay;

import org.jspecify.annotations.NullMarked;
