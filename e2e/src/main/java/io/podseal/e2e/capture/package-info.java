/**
 * Sees what is on the wire: AF_PACKET sniffer, pcap files, and the verdict sealed or clear on each
 * packet.
 */
@NullMarked
package io.podseal.e2e.capture;

import org.jspecify.annotations.NullMarked;
