/** What looks for secrets in places that people read. */
@NullMarked
package io.podseal.e2e.secrecy;

import org.jspecify.annotations.NullMarked;
