/** What {@code podsealctl} finds. */
@NullMarked
package io.podseal.controller.ctl;

import org.jspecify.annotations.NullMarked;
