/** Watches the cluster, runs the model, and writes what follows from it to the API. */
@NullMarked
package io.podseal.controller.reconcile;

import org.jspecify.annotations.NullMarked;
