/** Tests of what is asked of the API server. */
@NullMarked
package io.podseal.controller.reconcile;

import org.jspecify.annotations.NullMarked;
