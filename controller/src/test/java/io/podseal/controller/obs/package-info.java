/** Tests of what operators see. */
@NullMarked
package io.podseal.controller.obs;

import org.jspecify.annotations.NullMarked;
