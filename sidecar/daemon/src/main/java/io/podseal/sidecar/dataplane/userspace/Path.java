package io.podseal.sidecar.dataplane.userspace;

import org.jspecify.annotations.Nullable;

/**
 * How packets to one inner address travel.
 *
 * @param peerIdentity whose address it is
 * @param sa what seals them; null while there is none
 */
record Path(String peerIdentity, @Nullable Sa sa) {}
