/** The controller's certificate authority and serving certificate, and the root that pods trust. */
@NullMarked
package io.podseal.controller.certs;

import org.jspecify.annotations.NullMarked;
