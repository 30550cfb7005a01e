/** What the JDK does not ask of the kernel. */
@NullMarked
package io.podseal.controller.linux;

import org.jspecify.annotations.NullMarked;
