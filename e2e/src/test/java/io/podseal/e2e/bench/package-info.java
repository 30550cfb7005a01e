/** Measurements that nobody asserts: {@code ./dev bench} runs them and keeps what they write. */
@NullMarked
package io.podseal.e2e.bench;

import org.jspecify.annotations.NullMarked;
