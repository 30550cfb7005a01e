package io.podseal.e2e.capture;

import java.time.Instant;

/**
 * One Ethernet frame as captured.
 *
 * <p>The array is not copied and must not be changed after it was handed over.
 *
 * @param time when the kernel saw it
 * @param bytes from the destination MAC address on; fewer than {@code length} if the capture cut it
 * @param length on the wire
 * @param segment payload bytes per datagram when this is a UDP segmentation (GSO) super-packet that
 *     the veth carried whole, else 0
 */
public record CapturedFrame(Instant time, byte[] bytes, int length, int segment) {}
