/** gRPC client of the controller: policy in, acknowledgements and SA reports out. */
@NullMarked
package io.podseal.sidecar.control;

import org.jspecify.annotations.NullMarked;
