/** Performs the application's probes for the kubelet, from inside the pod. */
@NullMarked
package io.podseal.sidecar.probe;

import org.jspecify.annotations.NullMarked;
