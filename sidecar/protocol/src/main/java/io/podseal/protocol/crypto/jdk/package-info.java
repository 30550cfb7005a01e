/** The crypto ports on the JDK's own providers; the one package that imports javax.crypto. */
@NullMarked
package io.podseal.protocol.crypto.jdk;

import org.jspecify.annotations.NullMarked;
