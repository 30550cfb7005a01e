/**
 * Podseal's sidecar against strongSwan, which nobody here wrote: the lab, the table of cases, and
 * the report of a run.
 */
@NullMarked
package io.podseal.e2e.interop;

import org.jspecify.annotations.NullMarked;
