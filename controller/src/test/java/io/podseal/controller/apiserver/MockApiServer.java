package io.podseal.controller.apiserver;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Serves the Kubernetes API over plain HTTP from memory: create, read, update, merge patch, delete
 * and watch of any kind, the Podseal CRDs (with their status subresource), and TokenReview for the
 * tokens that it minted itself.
 *
 * <p>It has no admission and no schema validation, does not know server-side apply, and chooses the
 * UID of every object that is created. Safe for use by several threads.
 */
public final class MockApiServer implements AutoCloseable {
  private static final List<String> CRDS =
      List.of(
          "securepeerings.podseal.io.yaml",
          "peeringgrants.podseal.io.yaml",
          "cryptoprofiles.podseal.io.yaml",
          "externalpeers.podseal.io.yaml");

  // Logs every request otherwise; kept here because java.util.logging forgets unused loggers.
  private static final Logger REQUEST_LOG = Logger.getLogger(MockWebServer.class.getName());

  private final KubernetesMockServer server;
  private final CountingDispatcher dispatcher;
  private final PodTokens tokens;
  private final String url;
  private final KubernetesClient client;

  private MockApiServer(
      KubernetesMockServer server, CountingDispatcher dispatcher, PodTokens tokens, String url) {
    this.server = server;
    this.dispatcher = dispatcher;
    this.tokens = tokens;
    this.url = url;
    this.client = new KubernetesClientBuilder().withConfig(config(url)).build();
  }

  /** Starts on loopback and a free port. */
  public static MockApiServer start() {
    return start(InetAddress.getLoopbackAddress(), 0);
  }

  /**
   * Starts on {@code address} and {@code port}; 0 takes a free one.
   *
   * @throws RuntimeException when the address cannot be bound
   */
  public static MockApiServer start(InetAddress address, int port) {
    REQUEST_LOG.setLevel(Level.WARNING);
    Map<ServerRequest, Queue<ServerResponse>> scripted = new ConcurrentHashMap<>();
    var dispatcher = new CountingDispatcher(scripted);
    var server =
        new KubernetesMockServer(new Context(), new MockWebServer(), scripted, dispatcher, false);
    server.init(address, port);
    var tokens = new PodTokens();
    server.expect().post().withPath(PodTokens.PATH).andReply(tokens).always();
    var host = address.getHostAddress();
    var url =
        "http://"
            + (address instanceof Inet6Address ? "[" + host + "]" : host)
            + ":"
            + server.getPort();
    var started = new MockApiServer(server, dispatcher, tokens, url);
    CRDS.forEach(name -> started.client.resource(crd(name)).create());
    return started;
  }

  /** Where it listens, such as {@code http://127.0.0.1:40123}. */
  public String url() {
    return url;
  }

  /** A client of this server that may do everything; closed with the server. */
  public KubernetesClient client() {
    return client;
  }

  /** The text of a kubeconfig file that leads here. */
  public String kubeconfig() {
    return """
    apiVersion: v1
    kind: Config
    clusters:
    - name: mock
      cluster: {server: "%s"}
    users:
    - name: tester
      user: {token: tester}
    contexts:
    - name: mock
      context: {cluster: mock, user: tester, namespace: default}
    current-context: mock
    """
        .formatted(url);
  }

  /** Mints a token of audience {@code podseal} as the kubelet projects it into the pod. */
  public String mintToken(
      String namespace, String podName, String podUid, String serviceAccount, Duration expiry) {
    return mintToken(namespace, podName, podUid, serviceAccount, expiry, "podseal");
  }

  /** As {@link #mintToken(String, String, String, String, Duration)} with another audience. */
  public String mintToken(
      String namespace,
      String podName,
      String podUid,
      String serviceAccount,
      Duration expiry,
      String audience) {
    return tokens.mint(namespace, podName, podUid, serviceAccount, expiry, audience);
  }

  /**
   * Makes all tokens of a pod invalid.
   *
   * <p>As on a real server, deleting the pod object alone does not do so at once.
   */
  public void deletePodTokens(String podUid) {
    tokens.revoke(podUid);
  }

  /** While true, every TokenReview is answered with status 500. */
  public void failTokenReviews(boolean failing) {
    tokens.fail(failing);
  }

  /** From now on every write of a status is answered with {@code code}; 0 lets them pass again. */
  public void refuseStatuses(int code) {
    dispatcher.statusCode = code;
  }

  /** From now on every write of a ConfigMap in {@code namespace} is answered with {@code code}. */
  public void refuseConfigMaps(String namespace, int code) {
    dispatcher.refusingNamespace = namespace;
    dispatcher.configMapCode = code;
  }

  /** How many TokenReviews were asked for. */
  public int tokenReviews() {
    return tokens.reviews();
  }

  /** How many requests of any kind it was sent, but those about Leases, which never end. */
  public int requests() {
    return dispatcher.requests.get();
  }

  @Override
  public void close() {
    client.close();
    server.destroy();
  }

  private static Config config(String url) {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl(url)
        .withNamespace("default")
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  private static CustomResourceDefinition crd(String name) {
    try (InputStream yaml =
        MockApiServer.class.getResourceAsStream("/META-INF/podseal/crds/" + name)) {
      return Serialization.unmarshal(
          Objects.requireNonNull(yaml, name), CustomResourceDefinition.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class CountingDispatcher extends KubernetesMixedDispatcher {
    private final AtomicInteger requests = new AtomicInteger();
    private volatile int statusCode;
    private volatile String refusingNamespace = "";
    private volatile int configMapCode;

    CountingDispatcher(Map<ServerRequest, Queue<ServerResponse>> scripted) {
      super(scripted);
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
      var path = String.valueOf(request.getPath());
      if (!path.contains("/leases")) {
        requests.incrementAndGet();
      }
      if (statusCode != 0 && "PATCH".equals(request.getMethod()) && path.endsWith("/status")) {
        return new MockResponse().setResponseCode(statusCode).setBody("{}");
      }
      if (!"GET".equals(request.getMethod())
          && path.contains("/namespaces/" + refusingNamespace + "/configmaps")) {
        return new MockResponse().setResponseCode(configMapCode).setBody("{}");
      }
      return super.dispatch(request);
    }
  }
}
