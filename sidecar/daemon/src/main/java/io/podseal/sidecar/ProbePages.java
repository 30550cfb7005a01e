package io.podseal.sidecar;

import io.podseal.sidecar.obs.HttpEndpoint;
import io.podseal.sidecar.probe.Outcome;
import io.podseal.sidecar.probe.Prober;
import io.podseal.sidecar.probe.Probes;
import java.util.HashMap;
import java.util.Map;

/** A page for each probe of the pod's containers, which asks the application when it is asked. */
final class ProbePages {
  private ProbePages() {}

  static Map<String, HttpEndpoint.Page> of(Probes probes, Prober prober) {
    Map<String, HttpEndpoint.Page> pages = new HashMap<>();
    for (String key : probes.keys()) {
      boolean hook = prober.isHook(key);
      pages.put(
          "/probe/" + key,
          new HttpEndpoint.Page(
              false, () -> prober.perform(key).thenApply(outcome -> answer(outcome, hook))));
    }
    return pages;
  }

  private static HttpEndpoint.Answer answer(Outcome outcome, boolean hook) {
    if (outcome.succeeded()) {
      return HttpEndpoint.Answer.ok("text/plain", "ok\n");
    }
    // The kubelet ignores the status of a hook: only a connection without an answer fails it.
    return hook
        ? HttpEndpoint.Answer.NONE
        : new HttpEndpoint.Answer(503, "text/plain", outcome.why() + "\n");
  }
}
