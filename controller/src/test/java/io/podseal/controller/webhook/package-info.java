@NullMarked
package io.podseal.controller.webhook;

import org.jspecify.annotations.NullMarked;
