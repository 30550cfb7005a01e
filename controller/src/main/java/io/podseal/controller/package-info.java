/** Wiring: the one place that knows every part of the controller. */
@NullMarked
package io.podseal.controller;

import org.jspecify.annotations.NullMarked;
