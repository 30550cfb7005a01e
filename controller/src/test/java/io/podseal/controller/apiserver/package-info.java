/** An API server in one process for tests and the demo: Fabric8's mock, and pod-bound tokens. */
@NullMarked
package io.podseal.controller.apiserver;

import org.jspecify.annotations.NullMarked;
