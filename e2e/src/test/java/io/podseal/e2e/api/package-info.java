/** What only a real API server can answer: schemas, RBAC, tokens, admission. */
@NullMarked
package io.podseal.e2e.api;

import org.jspecify.annotations.NullMarked;
