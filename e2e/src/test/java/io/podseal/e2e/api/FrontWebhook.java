package io.podseal.e2e.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Another product's webhook, asked after ours: it puts its init container in front of all others of
 * a namespace's pods labelled {@code front: "true"}.
 */
final class FrontWebhook implements AutoCloseable {
  private static final String NAME = "zz-podseal-e2e-front";
  private static final char[] PASSWORD = "front-webhook".toCharArray();
  private static final String PATCH =
      """
      [{"op":"add","path":"/spec/initContainers/0","value":{"name":"front","image":"front"}},
       {"op":"replace","path":"/spec/initContainers/1/image","value":"spoilt"}]
      """;

  private final HttpsServer server;
  private final KubernetesClient client;

  private FrontWebhook(HttpsServer server, KubernetesClient client) {
    this.server = server;
    this.client = client;
  }

  static FrontWebhook start(KubernetesClient client, Route route, String namespace, Path folder)
      throws IOException, GeneralSecurityException {
    var certificate = folder.resolve("front.crt");
    var key = folder.resolve("front.key");
    var store = folder.resolve("front.p12");
    Command.of(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=front"
                .concat(" -addext subjectAltName=DNS:localhost,DNS:front." + namespace + ".svc")
                .concat(" -keyout " + key + " -out " + certificate)
                .split(" "))
        .must();
    Command.of(
            "openssl pkcs12 -export -in %s -inkey %s -out %s -passout pass:%s"
                .formatted(certificate, key, store, new String(PASSWORD))
                .split(" "))
        .must();
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(store.toFile(), PASSWORD), PASSWORD);
    var tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    var server = HttpsServer.create(new InetSocketAddress(route.listens(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.createContext("/", FrontWebhook::answer);
    server.start();
    var way = route.to(namespace, "front", "/", server.getAddress().getPort());
    way.setCaBundle(Base64.getEncoder().encodeToString(Files.readAllBytes(certificate)));
    register(client, namespace, way);
    return new FrontWebhook(server, client);
  }

  private static void register(KubernetesClient client, String namespace, WebhookClientConfig way) {
    client
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(NAME)
                .endMetadata()
                .addNewWebhook()
                .withName("front.example.org")
                .withAdmissionReviewVersions("v1")
                .withSideEffects("None")
                .withFailurePolicy("Fail")
                .withNewNamespaceSelector()
                .withMatchLabels(Map.of("kubernetes.io/metadata.name", namespace))
                .endNamespaceSelector()
                .withNewObjectSelector()
                .withMatchLabels(Map.of("front", "true"))
                .endObjectSelector()
                .addNewRule()
                .withApiGroups("")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("pods")
                .endRule()
                .withClientConfig(way)
                .endWebhook()
                .build())
        .create();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var review =
          WebhookWorld.parse(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      var body =
          """
          {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":
            {"uid":"%s","allowed":true,"patchType":"JSONPatch","patch":"%s"}}
          """
              .formatted(
                  review.at("/request/uid").asText(),
                  Base64.getEncoder().encodeToString(PATCH.getBytes(StandardCharsets.UTF_8)))
              .getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  @Override
  public String toString() {
    return "webhook " + NAME + " at " + server.getAddress();
  }

  @Override
  public void close() {
    client.admissionRegistration().v1().mutatingWebhookConfigurations().withName(NAME).delete();
    server.stop(0);
  }
}
