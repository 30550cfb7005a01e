package io.podseal.controller.reconcile;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Knows when the handlers of an informer have heard of everything that its first list had: the
 * informer itself only knows that it was listed. Thread-safe.
 */
final class Listing {
  private static final long LIMIT_SECONDS = 30;

  private final CompletableFuture<Void> whole = new CompletableFuture<>();
  private long heard;
  private long listed = Long.MAX_VALUE;

  /** A handler is through with one object. */
  synchronized void heard() {
    heard++;
    complete();
  }

  /** So many were listed; the result completes once as many were heard of. */
  synchronized CompletableFuture<Void> listed(long count) {
    listed = count;
    complete();
    return whole.completeOnTimeout(null, LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private void complete() {
    if (heard >= listed) {
      whole.complete(null);
    }
  }
}
