/** Tests of the control plane's own values. */
@NullMarked
package io.podseal.controller.control;

import org.jspecify.annotations.NullMarked;
