/** What injection makes of a pod: trees in, trees out; shared by the webhook and podsealctl. */
@NullMarked
package io.podseal.controller.inject;

import org.jspecify.annotations.NullMarked;
