/** The admission webhook: AdmissionReviews in, JSON patches out, and the trust that it needs. */
@NullMarked
package io.podseal.controller.webhook;

import org.jspecify.annotations.NullMarked;
