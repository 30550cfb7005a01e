/** The real controller and sidecar processes on lab pods, with Fabric8's mock as the API server. */
@NullMarked
package io.podseal.e2e.cluster;

import org.jspecify.annotations.NullMarked;
