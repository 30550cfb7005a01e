/** The real controller and sidecar processes on lab pods, with a mock or a real API server. */
@NullMarked
package io.podseal.e2e.cluster;

import org.jspecify.annotations.NullMarked;
