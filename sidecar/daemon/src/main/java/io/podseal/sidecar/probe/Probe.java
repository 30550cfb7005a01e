package io.podseal.sidecar.probe;

import java.time.Duration;

/**
 * One declared probe or hook.
 *
 * @param hook whether it is postStart or preStop, for which any HTTP status is a success, as for
 *     the kubelet
 */
record Probe(Handler handler, Duration timeout, boolean hook) {}
