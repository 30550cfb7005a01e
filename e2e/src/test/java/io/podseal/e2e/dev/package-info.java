/** What {@code ./dev} says and refuses before any tool of it runs. */
@NullMarked
package io.podseal.e2e.dev;

import org.jspecify.annotations.NullMarked;
