package io.podseal.e2e.api;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.podseal.e2e.kube.Chart;
import io.podseal.e2e.kube.ControlPlane;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * The API server of this test run, with Podseal's CRDs: the kit's, started once, or the cluster of
 * KUBECONFIG, where tests have namespaces of their own that are deleted at the end.
 *
 * <p>On somebody's cluster it stops, and names the context, unless PODSEAL_E2E_YES is set ({@code
 * ./dev e2e api --yes}).
 */
public final class Api implements BeforeAllCallback {
  private static final Path FOLDER = Path.of("target", "api");
  private static final String RUN = UUID.randomUUID().toString().substring(0, 6);
  private static @Nullable Server server;
  private static @Nullable LiveController controller;
  private static int namespaces;

  private record Server(Path kubeconfig, KubernetesClient client, Optional<ControlPlane> own)
      implements AutoCloseable {
    @Override
    public void close() {
      if (controller != null) {
        controller.close();
      }
      if (own.isPresent()) {
        own.get().close();
        return;
      }
      for (int i = 1; i <= namespaces; i++) {
        client.namespaces().withName(name(i)).delete();
      }
      client.close();
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

  /** Makes a namespace of this run's. */
  public static String namespace() {
    var made = name(++namespaces);
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
    var theirs = System.getenv("KUBECONFIG");
    var opened = theirs == null || theirs.isEmpty() ? ours() : theirs(Path.of(theirs));
    server = opened;
    new Chart(opened.kubeconfig, "default").installCrds();
    return opened;
  }

  private static Server ours() {
    try {
      Files.createDirectories(FOLDER);
      var plane = ControlPlane.start(Files.createTempDirectory(FOLDER, "run-").toAbsolutePath());
      return new Server(plane.kubeconfig(), plane.client(), Optional.of(plane));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Server theirs(Path kubeconfig) {
    var client = ControlPlane.clientOf(kubeconfig);
    var context = client.getConfiguration().getCurrentContext();
    if (System.getenv("PODSEAL_E2E_YES") == null) {
      throw new IllegalStateException(
          "KUBECONFIG points at context "
              + (context == null ? "(none)" : context.getName())
              + " ("
              + client.getMasterUrl()
              + "): ./dev e2e api --yes runs the tests there, or unset KUBECONFIG");
    }
    return new Server(kubeconfig, client, Optional.empty());
  }
}
