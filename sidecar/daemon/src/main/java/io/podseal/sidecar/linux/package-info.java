/**
 * Linux system calls through the foreign function interface: TUN, UDP, packet and netlink sockets.
 */
@NullMarked
package io.podseal.sidecar.linux;

import org.jspecify.annotations.NullMarked;
