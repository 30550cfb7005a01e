/** Enumerated drops and protocol events that outer rings turn into metrics and logs. */
@NullMarked
package io.podseal.protocol.telemetry;

import org.jspecify.annotations.NullMarked;
