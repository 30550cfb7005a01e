/**
 * The custom resources a user writes, as the API server stores them: group podseal.io, v1alpha1.
 */
@NullMarked
package io.podseal.crds.v1alpha1;

import org.jspecify.annotations.NullMarked;
