/** The gRPC server: one stream for each sidecar, policies and keys down, acknowledgements up. */
@NullMarked
package io.podseal.controller.control;

import org.jspecify.annotations.NullMarked;
