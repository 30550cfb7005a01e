/**
 * The controller's certificate authority with its change of roots, the serving certificate, and the
 * roots that pods trust.
 */
@NullMarked
package io.podseal.controller.certs;

import org.jspecify.annotations.NullMarked;
