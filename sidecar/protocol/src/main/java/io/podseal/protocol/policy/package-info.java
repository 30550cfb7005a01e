/**
 * Proposals, traffic selectors, peers and lifetimes as values, with the rules that choose among
 * them.
 */
@NullMarked
package io.podseal.protocol.policy;

import org.jspecify.annotations.NullMarked;
