/**
 * Network namespaces that stand for pods, joined by a bridge, in a lab that vanishes with the
 * process.
 */
@NullMarked
package io.podseal.e2e.lab;

import org.jspecify.annotations.NullMarked;
