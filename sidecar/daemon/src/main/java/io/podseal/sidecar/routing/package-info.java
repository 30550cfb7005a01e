/** Leads packets for peers into the TUN device: links, rules and routes by rtnetlink. */
@NullMarked
package io.podseal.sidecar.routing;

import org.jspecify.annotations.NullMarked;
