package io.podseal.controller.webhook;

import io.podseal.controller.inject.Injection;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.reconcile.EventRecorder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Counts what the webhook decided and writes Events on the owners of the pods. Events are written
 * behind the answer and dropped when they pile up.
 */
public final class InjectionReports implements PodReviewer.Listener, AutoCloseable {
  private static final int WAITING = 256;

  private final EventRecorder events;
  private final ControllerMetrics metrics;
  private final ExecutorService writer =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          Thread.ofPlatform().name("podseal injection events").daemon().factory(),
          new ThreadPoolExecutor.DiscardPolicy());

  /** Reports to these two. */
  public InjectionReports(EventRecorder events, ControllerMetrics metrics) {
    this.events = events;
    this.metrics = metrics;
  }

  @Override
  public void decided(ReviewedPod pod, Injection decision) {
    switch (decision) {
      case Injection.Injected injected -> {
        metrics.injection("injected", "");
        write(pod, false, "Injected", "Pods get the Podseal sidecar");
      }
      case Injection.Skipped skipped -> {
        metrics.injection("skipped", skipped.reason().label());
        write(
            pod,
            false,
            "InjectionSkipped",
            "Pod " + pod.pod() + " is not sealed: " + skipped.reason().explanation());
      }
      case Injection.Refused refused -> {
        metrics.injection("refused", "invalid");
        write(pod, true, "InjectionRefused", "Pod cannot be sealed: " + refused.message());
      }
    }
  }

  private void write(ReviewedPod pod, boolean warning, String reason, String message) {
    writer.execute(() ->
        events.other(
            pod.namespace(),
            pod.apiVersion(),
            pod.kind(),
            pod.name(),
            pod.uid(),
            warning,
            reason,
            message));
  }

  @Override
  public void close() {
    writer.shutdownNow();
  }
}
