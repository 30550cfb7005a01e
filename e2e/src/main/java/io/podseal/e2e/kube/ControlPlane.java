package io.podseal.e2e.kube;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import org.awaitility.Awaitility;

/**
 * etcd and kube-apiserver as processes on loopback, with RBAC and bound service account tokens.
 *
 * <p>Nothing schedules, runs or garbage-collects here: pods stay as they are written. The processes
 * end with this JVM, however it ends. Thread-safe after the start.
 */
public final class ControlPlane implements AutoCloseable {
  /** The environment variable that names the folder of the kit's binaries. */
  public static final String BINARIES = "PODSEAL_KUBE_BIN";

  private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
  private static final String AUDIT_LOG = "audit.log";
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Resources owned;
  private final Path kubeconfig;
  private final KubernetesClient client;

  private ControlPlane(Resources owned, Path kubeconfig, KubernetesClient client) {
    this.owned = owned;
    this.kubeconfig = kubeconfig;
    this.client = client;
  }

  /** Starts both, with data and logs in {@code folder}, and waits until the API server is ready. */
  public static ControlPlane start(Path folder) {
    var binaries = System.getenv(BINARIES);
    if (binaries == null) {
      throw new IllegalStateException(
          BINARIES + " is not set: run this by ./dev e2e api, which builds Kubernetes first");
    }
    var owned = new Resources();
    try {
      Files.createDirectories(folder);
      var token = UUID.randomUUID().toString();
      Files.writeString(folder.resolve("tokens.csv"), token + ",admin,admin,system:masters\n");
      certificate(folder);
      int[] ports = freePorts(3);
      startEtcd(owned, binaries, folder, ports[0], ports[1]);
      startApiServer(owned, binaries, folder, ports[0], ports[2]);
      var kubeconfig = writeKubeconfig(folder, ports[2], token);
      var client = owned.add(clientOf(kubeconfig));
      Awaitility.await("kube-apiserver; its log is in " + folder)
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> ready(client));
      return new ControlPlane(owned, kubeconfig, client);
    } catch (IOException e) {
      owned.close();
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  /** Returns a client of whatever {@code kubeconfig} points at; the caller closes it. */
  public static KubernetesClient clientOf(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  /** Returns a client that may do everything. */
  public KubernetesClient client() {
    return client;
  }

  /** Returns a kubeconfig that may do everything. */
  public Path kubeconfig() {
    return kubeconfig;
  }

  /** Returns the file of the key that signs service account tokens, an RSA key in PKCS#8. */
  public Path signingKey() {
    return kubeconfig.resolveSibling("api.key");
  }

  /** Returns the API server's audit log: a JSON Event a line, of service accounts only. */
  public Path auditLog() {
    return kubeconfig.resolveSibling(AUDIT_LOG);
  }

  /** Returns the text of a kubeconfig with another token. */
  public String kubeconfigWith(String otherToken) {
    try {
      return Files.readString(kubeconfig)
          .replaceFirst("token: [^}]+", Matcher.quoteReplacement("token: " + otherToken));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean ready(KubernetesClient client) {
    try {
      return "ok".equals(client.raw("/readyz"))
          && client.namespaces().withName("default").get() != null;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  /**
   * One key for TLS and for service account tokens: nobody outside of the test trusts it. RSA,
   * since kube-apiserver reads no EC key in PKCS#8, which is what OpenSSL writes.
   */
  private static void certificate(Path folder) {
    Command.of(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            folder.resolve("api.key").toString(),
            "-out",
            folder.resolve("api.crt").toString())
        .must();
  }

  private static void startEtcd(
      Resources owned, String binaries, Path folder, int clientPort, int peerPort) {
    var clients = "http://127.0.0.1:" + clientPort;
    var peers = "http://127.0.0.1:" + peerPort;
    start(
        owned,
        binaries,
        folder,
        "etcd",
        "--name=e2e",
        "--data-dir=" + folder.resolve("etcd"),
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--listen-client-urls=" + clients,
        "--advertise-client-urls=" + clients,
        "--listen-peer-urls=" + peers,
        "--initial-advertise-peer-urls=" + peers,
        "--initial-cluster=e2e=" + peers);
  }

  private static void startApiServer(
      Resources owned, String binaries, Path folder, int etcdPort, int port) {
    start(
        owned,
        binaries,
        folder,
        "kube-apiserver",
        "--etcd-servers=http://127.0.0.1:" + etcdPort,
        "--advertise-address=127.0.0.1",
        "--bind-address=127.0.0.1",
        "--secure-port=" + port,
        // No controller manager fills the endpoints of the API server's own Service.
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=198.19.0.0/24",
        "--tls-cert-file=" + folder.resolve("api.crt"),
        "--tls-private-key-file=" + folder.resolve("api.key"),
        "--token-auth-file=" + folder.resolve("tokens.csv"),
        "--service-account-issuer=" + ISSUER,
        "--service-account-key-file=" + folder.resolve("api.key"),
        "--service-account-signing-key-file=" + folder.resolve("api.key"),
        "--authorization-mode=RBAC",
        "--audit-policy-file=" + auditPolicy(folder),
        "--audit-log-path=" + folder.resolve(AUDIT_LOG),
        // Nobody makes the default service accounts here.
        "--disable-admission-plugins=ServiceAccount",
        "--admission-control-config-file=" + admission(folder),
        "--allow-privileged=true");
  }

  /** Priority classes of the system only where a quota is about them, as on GKE. */
  private static Path admission(Path folder) {
    try {
      return Files.writeString(
          folder.resolve("admission.yaml"),
          """
          apiVersion: apiserver.config.k8s.io/v1
          kind: AdmissionConfiguration
          plugins:
          - name: ResourceQuota
            configuration:
              apiVersion: apiserver.config.k8s.io/v1
              kind: ResourceQuotaConfiguration
              limitedResources:
              - resource: pods
                matchScopes:
                - scopeName: PriorityClass
                  operator: In
                  values: [system-node-critical, system-cluster-critical]
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Who asked for what, without contents, for tests of RBAC. */
  private static Path auditPolicy(Path folder) {
    try {
      return Files.writeString(
          folder.resolve("audit-policy.yaml"),
          """
          apiVersion: audit.k8s.io/v1
          kind: Policy
          omitStages: [RequestReceived]
          rules:
          - {level: Metadata, userGroups: ["system:serviceaccounts"]}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(
      Resources owned, String binaries, Path folder, String program, String... options) {
    var line =
        new ArrayList<>(
            List.of("setpriv", "--pdeathsig", "KILL", Path.of(binaries, program).toString()));
    line.addAll(Arrays.asList(options));
    owned.add(Background.start(program, line, Map.of(), folder.resolve(program + ".log")));
  }

  private static Path writeKubeconfig(Path folder, int port, String token) throws IOException {
    var certificate =
        Base64.getEncoder().encodeToString(Files.readAllBytes(folder.resolve("api.crt")));
    return Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: e2e
          cluster: {server: "https://127.0.0.1:%d", certificate-authority-data: %s}
        users:
        - name: admin
          user: {token: %s}
        contexts:
        - name: e2e
          context: {cluster: e2e, user: admin}
        current-context: e2e
        """
            .formatted(port, certificate, token));
  }

  /** Ports that are free now; all are held until the last is chosen. */
  private static int[] freePorts(int count) throws IOException {
    try (var held = new Resources()) {
      int[] ports = new int[count];
      for (int i = 0; i < count; i++) {
        ports[i] =
            held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress())).getLocalPort();
      }
      return ports;
    }
  }

  @Override
  public void close() {
    owned.close();
  }
}
