/** The command line {@code podsealctl}. */
@NullMarked
package io.podseal.controller.ctl;

import org.jspecify.annotations.NullMarked;
