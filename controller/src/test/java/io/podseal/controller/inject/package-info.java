@NullMarked
package io.podseal.controller.inject;

import org.jspecify.annotations.NullMarked;
