/** The demo: two sealed pods, an outsider and a sidecar that dies, told step by step. */
@NullMarked
package io.podseal.e2e.demo;

import org.jspecify.annotations.NullMarked;
