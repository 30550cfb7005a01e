/** podsealctl: what people and Helm's hook do by hand. */
@NullMarked
package io.podseal.controller.ctl;

import org.jspecify.annotations.NullMarked;
