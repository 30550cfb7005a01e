/** What a user may rely on, shown with the real processes in network namespaces. */
@NullMarked
package io.podseal.e2e.scenario;

import org.jspecify.annotations.NullMarked;
