package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The API server of this test run, with Podseal's CRDs: the kit's, started once, or the cluster of
 * KUBECONFIG, where tests have namespaces of their own. At the end they are gone, and the CRDs.
 *
 * <p>On somebody's cluster it stops, and names the context, unless PODSEAL_E2E_YES is set ({@code
 * ./dev e2e api --yes}); and where Podseal is or was installed it stops in any case.
 */
public final class Api implements BeforeAllCallback {
  private static final Path FOLDER = Path.of("target", "api");
  private static final String RUN = UUID.randomUUID().toString().substring(0, 6);
  private static final Duration END_LIMIT = Duration.ofMinutes(5);
  private static @Nullable Server server;
  private static @Nullable LiveController controller;
  private static int namespaces;

  private record Server(
      Path kubeconfig, KubernetesClient client, Optional<ControlPlane> own, Resources owned)
      implements AutoCloseable {
    @Override
    public void close() {
      owned.close();
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(Namespace.create(Api.class))
        .computeIfAbsent("server", key -> open(), Server.class);
  }

  /** Returns a client that may do everything. */
  public static KubernetesClient client() {
    return now().client;
  }

  /** Returns a kubeconfig that may do everything. */
  public static Path kubeconfig() {
    return now().kubeconfig;
  }

  /** A name for a namespace of this run's, which ends with it, whoever makes it. */
  static String namespaceName() {
    return name(++namespaces);
  }

  /** Makes a namespace of this run's. */
  public static String namespace() {
    var made = namespaceName();
    client()
        .resource(new NamespaceBuilder().withNewMetadata().withName(made).endMetadata().build())
        .create();
    return made;
  }

  /** Returns {@code kubectl} with these arguments, ready to run. */
  public static Command kubectl(String... arguments) {
    var line = new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig().toString()));
    line.addAll(Arrays.asList(arguments));
    return Command.of(line.toArray(String[]::new));
  }

  /** Returns the control plane, when it is the kit's own. */
  public static Optional<ControlPlane> own() {
    return now().own;
  }

  /** Returns the controller process on this API server, started when first asked for. */
  static synchronized LiveController controller() {
    if (controller == null) {
      controller = LiveController.start(now().client, now().kubeconfig, FOLDER.toAbsolutePath());
    }
    return controller;
  }

  /** Where no controller of ours runs. */
  record Vacant(KubernetesClient client, Path kubeconfig, Route route) {}

  /**
   * An API server for a controller of the test's own: the cluster of KUBECONFIG, or else one of its
   * own until {@code owned} ends, because nothing on the shared one ends a namespace.
   */
  static Vacant vacant(Path folder, Resources owned) {
    if (own().isPresent()) {
      var plane = owned.add(ControlPlane.start(folder));
      return new Vacant(plane.client(), plane.kubeconfig(), new Route.Here());
    }
    endController();
    return new Vacant(client(), kubeconfig(), new Route.Elsewhere(client()));
  }

  private static synchronized void endController() {
    if (controller != null) {
      controller.close();
      controller = null;
    }
  }

  private static String name(int number) {
    return "podseal-e2e-" + RUN + "-" + number;
  }

  private static Server now() {
    if (server == null) {
      throw new IllegalStateException("no API server: extend the test with Api");
    }
    return server;
  }

  private static Server open() {
    try {
      Files.createDirectories(FOLDER);
      var theirs = System.getenv("KUBECONFIG");
      server = theirs == null || theirs.isEmpty() ? ours() : theirs();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Server ours() throws IOException {
    var owned = new Resources();
    var plane =
        owned.add(ControlPlane.start(Files.createTempDirectory(FOLDER, "run-").toAbsolutePath()));
    owned.add(Api::endController);
    new Chart(plane.kubeconfig(), "default").installCrds();
    return new Server(plane.kubeconfig(), plane.client(), Optional.of(plane), owned);
  }

  private static Server theirs() throws IOException {
    var owned = new Resources();
    try {
      var kubeconfig = FOLDER.resolve("theirs.kubeconfig").toAbsolutePath();
      Files.deleteIfExists(kubeconfig);
      Files.createFile(
          kubeconfig,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      owned.add(() -> Files.deleteIfExists(kubeconfig));
      // One file, one context, and nothing beside it.
      Files.writeString(
          kubeconfig,
          Command.of("kubectl", "config", "view", "--raw", "--minify", "--flatten").must());
      var client = owned.add(ControlPlane.clientOf(kubeconfig));
      askedFor(client);
      var chart = new Chart(kubeconfig, "default");
      owned.add(chart::deleteCrds);
      chart.installCrds();
      owned.add(() -> deleteNamespaces(client));
      owned.add(Api::endController);
      return new Server(kubeconfig, client, Optional.empty(), owned);
    } catch (IOException | RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  private static void askedFor(KubernetesClient client) {
    var context = client.getConfiguration().getCurrentContext();
    var named =
        "context "
            + (context == null ? "(none)" : context.getName())
            + " ("
            + client.getMasterUrl()
            + ")";
    if (System.getenv("PODSEAL_E2E_YES") == null) {
      throw new IllegalStateException(
          "KUBECONFIG points at "
              + named
              + ": ./dev e2e api --yes runs the tests there, or unset KUBECONFIG");
    }
    var definitions = client.apiextensions().v1().customResourceDefinitions().list().getItems();
    if (definitions.stream().anyMatch(crd -> crd.getSpec().getGroup().equals("podseal.io"))) {
      throw new IllegalStateException(
          named
              + " has Podseal's CRDs: the tests would replace and then delete them, with all"
              + " peerings. Take another cluster, or kubectl delete -f crds/manifests");
    }
  }

  /** Until they are gone: the next run, and its user, find the cluster as it was. */
  private static void deleteNamespaces(KubernetesClient client) {
    var left = new ArrayList<>(List.of(Rights.NAMESPACE));
    for (int i = 1; i <= namespaces; i++) {
      left.add(name(i));
      client.namespaces().withName(name(i)).delete();
    }
    Awaitility.await("the end of the tests' namespaces")
        .atMost(END_LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> {
          left.removeIf(name -> client.namespaces().withName(name).get() == null);
          return left.isEmpty();
        });
  }
}
