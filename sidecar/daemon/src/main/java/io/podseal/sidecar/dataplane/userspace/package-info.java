/**
 * The data plane in user space: a TUN device on one side, UDP 4500 on the other, ESP between.
 *
 * <pre>
 * thread       waits for     reads            writes      owns
 * podseal-tx   TUN, eventfd  packets of pod   UDP 4500    outbound SAs, held packets
 * podseal-rx   UDP, eventfd  datagrams        TUN         inbound SAs, replay windows
 * (caller)     -             -                UDP 4500    the tables, which it replaces whole
 * </pre>
 *
 * <p>The data threads share nothing that changes: they read an immutable {@code Tables} once per
 * batch. A removed SA is handed to both as retired; each zeroes its half when it can no longer use
 * it.
 */
@NullMarked
package io.podseal.sidecar.dataplane.userspace;

import org.jspecify.annotations.NullMarked;
