/** All IKE SAs of a pod: which datagram belongs to which, and which SA serves which peer. */
@NullMarked
package io.podseal.protocol.ike.endpoint;

import org.jspecify.annotations.NullMarked;
