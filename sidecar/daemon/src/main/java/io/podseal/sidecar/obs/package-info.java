/** Metrics, health and status of the sidecar on one HTTP port, and what it logs. */
@NullMarked
package io.podseal.sidecar.obs;

import org.jspecify.annotations.NullMarked;
