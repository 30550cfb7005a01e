package io.podseal.sidecar.dataplane.userspace;

import io.podseal.sidecar.dataplane.DataPlaneListener;
import io.podseal.sidecar.linux.TunDevice;
import io.podseal.sidecar.linux.UdpSocket;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the threads of one plane have in common.
 *
 * @param tables replaced whole by the caller's thread
 * @param clock the engine's, so that both agree when a packet came
 */
record Shared(
    TunDevice tun,
    UdpSocket udp,
    DataPlaneListener listener,
    AtomicReference<Tables> tables,
    InstantSource clock) {}
