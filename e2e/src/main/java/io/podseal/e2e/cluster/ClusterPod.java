package io.podseal.e2e.cluster;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A pod that exists both in the API server and as a network namespace. Confined to one thread. */
public final class ClusterPod {
  private static final String AUDIENCE = "podseal";
  private static final Duration TOKEN_LIFE = Duration.ofMinutes(10);

  private final Cluster cluster;
  private final Pod pod;
  private final String namespace;
  private final String uid;
  private final Path folder;

  ClusterPod(Cluster cluster, Pod pod, String namespace, String uid, Path folder) {
    this.cluster = cluster;
    this.pod = pod;
    this.namespace = namespace;
    this.uid = uid;
    this.folder = folder;
  }

  /** Returns the pod's network namespace. */
  public Pod net() {
    return pod;
  }

  /** Returns the name, which is that of the API object too. */
  public String name() {
    return pod.name();
  }

  /** Returns the Kubernetes namespace. */
  public String namespace() {
    return namespace;
  }

  /** Returns the UID that the API server chose. */
  public String uid() {
    return uid;
  }

  /** Returns the IKE identity that the controller gives this pod. */
  public String identity() {
    return uid + "." + namespace + ".pods.cluster.local";
  }

  /** Returns the folder of this pod's token, CA and keys for Wireshark. */
  public Path folder() {
    return folder;
  }

  /** Mints a fresh token, as the kubelet projects it, and starts the sidecar. */
  public Sidecar startSidecar() {
    return startSidecar(Map.of());
  }

  /** As {@link #startSidecar()} with {@code overrides} of the environment. */
  public Sidecar startSidecar(Map<String, String> overrides) {
    return startSidecar(
        cluster.api().mintToken(namespace, name(), uid, "default", TOKEN_LIFE, AUDIENCE),
        overrides);
  }

  /** As {@link #startSidecar(Map)} with a token of the caller's. */
  public Sidecar startSidecar(String token, Map<String, String> overrides) {
    return start(List.of(), token, overrides);
  }

  /** Starts the sidecar by a program such as {@code setpriv} that takes something away from it. */
  public Sidecar startSidecarUnder(String... prefix) {
    return start(
        List.of(prefix),
        cluster.api().mintToken(namespace, name(), uid, "default", TOKEN_LIFE, AUDIENCE),
        Map.of());
  }

  private Sidecar start(List<String> prefix, String token, Map<String, String> overrides) {
    Path tokenFile = write("token", token);
    Path caFile = write("ca.crt", cluster.caCertificate(namespace));
    Map<String, String> environment = new HashMap<>();
    environment.put("PODSEAL_CONTROLLER", cluster.controller().endpoint());
    environment.put("PODSEAL_SERVER_NAME", Cluster.SERVER_NAME);
    environment.put("PODSEAL_CA_FILE", caFile.toString());
    environment.put("PODSEAL_TOKEN_FILE", tokenFile.toString());
    environment.put("PODSEAL_HEALTH_PORT", Integer.toString(Sidecar.HEALTH_PORT));
    environment.put("PODSEAL_DEBUG_KEYS_DIR", "");
    // As in the image.
    environment.put("MALLOC_ARENA_MAX", "2");
    environment.putAll(overrides);
    List<String> line = new ArrayList<>(prefix);
    line.addAll(Build.sidecar());
    Background process =
        pod.start(
            "sidecar-" + name(),
            environment,
            cluster.log("sidecar-" + name()),
            line.toArray(String[]::new));
    return cluster.own(new Sidecar(pod, process));
  }

  private Path write(String name, String content) {
    try {
      Files.createDirectories(folder);
      // Replaced whole, as the kubelet does, so that nobody reads half a token.
      Path next = Files.writeString(folder.resolve(name + ".next"), content);
      return Files.move(next, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
