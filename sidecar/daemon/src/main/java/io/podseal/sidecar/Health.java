package io.podseal.sidecar;

import io.podseal.sidecar.obs.HttpEndpoint;
import io.podseal.sidecar.obs.HttpEndpoint.Answer;
import io.podseal.sidecar.obs.HttpEndpoint.Page;
import io.podseal.sidecar.obs.SidecarMetrics;
import io.podseal.sidecar.obs.StatusPage;
import io.podseal.sidecar.policy.Enforcement;
import io.podseal.sidecar.probe.Outcome;
import io.podseal.sidecar.probe.Prober;
import io.podseal.sidecar.probe.Probes;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** The health port: the sidecar's own pages, and one for each declared probe. */
final class Health implements AutoCloseable {
  private final Enforcement enforcement;
  private final Supplier<String> waitingFor;
  private final Prober prober;
  private final HttpEndpoint http;

  /**
   * @param waitingFor why there is no policy yet
   * @throws MissingException when the port cannot be had
   */
  Health(
      int port,
      Probes probes,
      Enforcement enforcement,
      SidecarMetrics metrics,
      Supplier<String> waitingFor) {
    this.enforcement = enforcement;
    this.waitingFor = waitingFor;
    this.prober = new Prober(probes, result -> metrics.probed(result.label()));
    StatusPage status = new StatusPage(enforcement, metrics);
    Map<String, Page> pages = new HashMap<>();
    pages.put("/livez", Page.of(false, () -> Answer.ok("text/plain", "ok\n")));
    pages.put("/readyz", Page.of(false, this::ready));
    pages.put("/metrics", Page.of(false, () -> Answer.ok("text/plain", metrics.scrape())));
    pages.put("/status", Page.of(true, () -> Answer.ok("application/json", status.json())));
    pages.putAll(probePages(prober));
    try {
      this.http = new HttpEndpoint(port, Map.copyOf(pages));
    } catch (IllegalStateException e) {
      prober.close();
      throw new MissingException(String.valueOf(e.getMessage()));
    }
  }

  /** A page {@code /probe/<container>/<kind>} for each declared probe. */
  static Map<String, Page> probePages(Prober prober) {
    Map<String, Page> pages = new HashMap<>();
    for (String key : prober.keys()) {
      boolean hook = prober.hook(key);
      pages.put("/probe/" + key, new Page(false, () -> probe(prober, key, hook)));
    }
    return pages;
  }

  private static CompletableFuture<Answer> probe(Prober prober, String key, boolean hook) {
    return prober.perform(key).thenApply(outcome -> answer(outcome, hook));
  }

  private static Answer answer(Outcome outcome, boolean hook) {
    if (outcome.succeeded()) {
      return Answer.ok("text/plain", "ok\n");
    }
    // The kubelet ignores the status of a hook: only a broken connection fails it.
    return hook ? Answer.NONE : new Answer(503, "text/plain", outcome.why() + "\n");
  }

  private Answer ready() {
    return enforcement.revision() > 0
        ? Answer.ok("text/plain", "ok\n")
        : new Answer(503, "text/plain", "waiting for " + waitingFor.get() + "\n");
  }

  @Override
  public void close() {
    http.close();
    prober.close();
  }
}
