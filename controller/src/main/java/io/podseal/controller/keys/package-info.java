/** Master keys in one Secret, and the pre-shared keys of pairs that are derived from them. */
@NullMarked
package io.podseal.controller.keys;

import org.jspecify.annotations.NullMarked;
