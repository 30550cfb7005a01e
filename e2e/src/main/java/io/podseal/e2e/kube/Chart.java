package io.podseal.e2e.kube;

import io.podseal.e2e.lab.Command;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The project's Helm chart, or parts of it, on a cluster. {@code helm} and {@code kubectl} are the
 * kit's, found on PATH.
 */
public final class Chart {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Path kubeconfig;
  private final String namespace;

  /** Of a release named {@code podseal} in {@code namespace}. */
  public Chart(Path kubeconfig, String namespace) {
    this.kubeconfig = kubeconfig;
    this.namespace = namespace;
  }

  /** Installs the custom resource definitions and waits until the API server serves them. */
  public void installCrds() {
    kubectl("apply", "--server-side", "--force-conflicts", "-f", folder("crds/manifests")).must();
    kubectl("wait", "--for=condition=Established", "-f", folder("crds/manifests")).must();
  }

  /** Deletes the custom resource definitions, with every object of theirs. */
  public void deleteCrds() {
    kubectl("delete", "--ignore-not-found", "-f", folder("crds/manifests")).must();
  }

  /** Applies the rendered documents of these templates, such as {@code rbac.yaml}. */
  public void apply(String... templates) {
    kubectl("-n", namespace, "apply", "-f", "-").run(render(templates)).must();
  }

  /** Deletes what {@link #apply} made of these templates. */
  public void delete(String... templates) {
    kubectl("-n", namespace, "delete", "--ignore-not-found", "-f", "-")
        .run(render(templates))
        .must();
  }

  /** Returns these templates rendered; none means all. */
  public String render(String... templates) {
    var line = template();
    for (var template : templates) {
      line.add("--show-only");
      line.add("templates/" + template);
    }
    return new Command(line, LIMIT).must();
  }

  /** Returns the whole chart rendered with values as {@code --set} takes them. */
  public String renderWith(String values) {
    var line = template();
    line.addAll(List.of("--set", values));
    return new Command(line, LIMIT).must();
  }

  private List<String> template() {
    return new ArrayList<>(
        List.of("helm", "template", "podseal", folder("helm"), "--namespace", namespace));
  }

  private Command kubectl(String... arguments) {
    var line = new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig.toString()));
    line.addAll(Arrays.asList(arguments));
    return new Command(line, LIMIT);
  }

  /** The folders of the project, from wherever these classes run. */
  private static String folder(String name) {
    try {
      Path at = Path.of(Chart.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      while (at != null && !Files.exists(at.resolve(name))) {
        at = at.getParent();
      }
      if (at == null) {
        throw new IllegalStateException(name + " is not above these classes");
      }
      return at.resolve(name).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
