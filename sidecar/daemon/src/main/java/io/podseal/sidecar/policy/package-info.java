/** What the controller declares, as values, and the order in which it is put in force. */
@NullMarked
package io.podseal.sidecar.policy;

import org.jspecify.annotations.NullMarked;
