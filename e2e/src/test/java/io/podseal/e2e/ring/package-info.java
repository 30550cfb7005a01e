/** Podseal as a user installs it, on a real node: chart, webhook, images, workloads and traffic. */
@NullMarked
package io.podseal.e2e.ring;

import org.jspecify.annotations.NullMarked;
