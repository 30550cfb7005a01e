/** The seal: one nftables table that keeps clear packets of declared pairs out and in. */
@NullMarked
package io.podseal.sidecar.firewall;

import org.jspecify.annotations.NullMarked;
