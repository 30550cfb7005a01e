package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.sidecar.lab.BufferLeaks;
import io.podseal.sidecar.obs.HttpEndpoint;
import io.podseal.sidecar.probe.Prober;
import io.podseal.sidecar.probe.Probes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the kubelet sees on the health port. */
@ExtendWith(BufferLeaks.class)
final class ProbePagesTest {
  @Test
  void failedProbeIs503UnknownKeyIs404AndAHookThatWasNotReachedGetsNoAnswer() throws Exception {
    int closed;
    try (ServerSocket gone = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      closed = gone.getLocalPort();
    }
    String probe = "{\"httpGet\":{\"port\":%d},\"timeoutSeconds\":5}".formatted(closed);
    String json = "{\"web/livenessProbe\":%1$s,\"web/preStop\":%1$s}".formatted(probe);
    try (Prober prober = new Prober(Probes.parse(json, "127.0.0.1"), _ -> {});
        HttpEndpoint http = new HttpEndpoint(0, Health.probePages(prober));
        HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> failed = get(client, http, "/probe/web/livenessProbe");
      assertThat(failed.statusCode()).isEqualTo(503);
      assertThat(failed.body()).contains("refused");
      assertThat(get(client, http, "/probe/web/readinessProbe").statusCode()).isEqualTo(404);
      assertThatThrownBy(() -> get(client, http, "/probe/web/preStop"))
          .isInstanceOf(IOException.class);
    }
  }

  private static HttpResponse<String> get(HttpClient client, HttpEndpoint http, String path)
      throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + http.port() + path);
    return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
