/** Proves which pod a caller is, from its projected ServiceAccount token. */
@NullMarked
package io.podseal.controller.identity;

import org.jspecify.annotations.NullMarked;
