package io.podseal.controller.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.KeyCertOptions;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jboss.logging.Logger;

/**
 * Serves {@code POST /inject} to the API server over TLS 1.3; every handshake shows the newest
 * certificate.
 *
 * <p>What is no review gets 400, what is too long 413; neither reaches the rest. Safe for use by
 * several threads.
 */
public final class WebhookServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.webhook");

  /** Twice the largest object that etcd takes, for the object and what surrounds it. */
  static final int MAX_BODY = 3 * 1024 * 1024;

  private static final int IDLE_SECONDS = 120;
  private static final long START_SECONDS = 20;
  private static final JsonMapper JSON = new JsonMapper();

  private final Vertx vertx;
  private final HttpServer server;

  private WebhookServer(Vertx vertx, HttpServer server) {
    this.vertx = vertx;
    this.server = server;
  }

  /**
   * Starts to listen.
   *
   * @param address port 0 takes a free one
   * @param malformed learns why something was no review
   * @throws IllegalStateException if it cannot listen there
   */
  public static WebhookServer start(
      InetSocketAddress address,
      X509ExtendedKeyManager certificate,
      PodReviewer reviewer,
      Consumer<String> malformed) {
    var vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                // Nothing is served from files, and the root file system is read-only.
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setFileCachingEnabled(false)
                        .setClassPathResolvingEnabled(false)));
    var options =
        new HttpServerOptions()
            .setHost(address.getHostString())
            .setPort(address.getPort())
            .setSsl(true)
            .setKeyCertOptions(KeyCertOptions.wrap(certificate))
            .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
            .setUseAlpn(true)
            .setIdleTimeout(IDLE_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS);
    var server = vertx.createHttpServer(options);
    server.requestHandler(request -> handle(request, reviewer, malformed));
    try {
      server
          .listen()
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(START_SECONDS, TimeUnit.SECONDS)
          .join();
    } catch (RuntimeException e) {
      var _ = vertx.close();
      throw new IllegalStateException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    return new WebhookServer(vertx, server);
  }

  /** The port it listens on. */
  public int port() {
    return server.actualPort();
  }

  @Override
  public void close() {
    var _ = vertx.close();
  }

  private static void handle(
      HttpServerRequest request, PodReviewer reviewer, Consumer<String> malformed) {
    if (!HttpMethod.POST.equals(request.method()) || !"/inject".equals(request.path())) {
      refuse(request, 404, "POST /inject");
      return;
    }
    var body = Buffer.buffer();
    request.handler(part -> {
      if (body.length() + part.length() > MAX_BODY) {
        request.handler(null);
        malformed.accept("too_long");
        refuse(request, 413, "a review has at most " + MAX_BODY + " octets");
        var _ = request.connection().close();
      } else {
        body.appendBuffer(part);
      }
    });
    request.endHandler(end -> {
      if (!request.response().ended()) {
        answer(request, body, reviewer, malformed);
      }
    });
  }

  private static void answer(
      HttpServerRequest request, Buffer body, PodReviewer reviewer, Consumer<String> malformed) {
    try {
      var answer = reviewer.review(JSON.readTree(body.getBytes()));
      var _ =
          request
              .response()
              .putHeader("Content-Type", "application/json")
              .end(Buffer.buffer(JSON.writeValueAsBytes(answer)));
    } catch (JsonProcessingException e) {
      malformed.accept("not_json");
      refuse(request, 400, "not JSON");
    } catch (MalformedReviewException e) {
      malformed.accept("not_a_review");
      refuse(request, 400, String.valueOf(e.getMessage()));
    } catch (java.io.IOException | RuntimeException e) {
      LOG.error("a review failed; the pod is refused, which is a defect of Podseal", e);
      malformed.accept("defect");
      refuse(request, 500, "Podseal could not review this pod; see the controller's log");
    }
  }

  private static void refuse(HttpServerRequest request, int status, String why) {
    var _ =
        request
            .response()
            .setStatusCode(status)
            .putHeader("Content-Type", "text/plain")
            .end(why + "\n");
  }
}
