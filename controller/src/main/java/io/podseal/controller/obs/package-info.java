/** What operators see: metrics, the audit log, and health. */
@NullMarked
package io.podseal.controller.obs;

import org.jspecify.annotations.NullMarked;
