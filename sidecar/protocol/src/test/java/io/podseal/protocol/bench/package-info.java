/** What {@code ./dev bench ike} measures of IKE in one process, without sockets. */
@NullMarked
package io.podseal.protocol.bench;

import org.jspecify.annotations.NullMarked;
