/**
 * What should be: from pods, namespaces, peerings and profiles to the peers of every pod and the
 * conditions of every peering; pure functions of immutable values.
 */
@NullMarked
package io.podseal.controller.model;

import org.jspecify.annotations.NullMarked;
