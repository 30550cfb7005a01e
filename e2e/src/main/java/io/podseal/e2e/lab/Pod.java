package io.podseal.e2e.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.Inet4Address;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One network namespace with an {@code eth0}, as a container runtime leaves a pod. Thread-safe. */
public final class Pod {
  private static final JsonMapper JSON = new JsonMapper();

  private final String name;
  private final String namespace;
  private final Inet4Address address;
  private final String port;

  Pod(String name, String namespace, Inet4Address address, String port) {
    this.name = name;
    this.namespace = namespace;
    this.address = address;
    this.port = port;
  }

  /** Returns the name that the caller gave. */
  public String name() {
    return name;
  }

  /** Returns the name of the network namespace, as {@code ip netns} knows it. */
  public String namespace() {
    return namespace;
  }

  /** Returns the address of {@code eth0}. */
  public Inet4Address address() {
    return address;
  }

  /** Returns the address of {@code eth0} as text. */
  public String ip() {
    return address.getHostAddress();
  }

  /** Returns the node's end of the pod's veth, a port of the bridge. */
  public String port() {
    return port;
  }

  /** Returns the command that runs {@code line} inside the pod. */
  public Command command(String... line) {
    return Command.of(line).under("ip", "netns", "exec", namespace);
  }

  /** Runs {@code line} inside the pod to its end. */
  public Command.Result run(String... line) {
    return command(line).run();
  }

  /** Leaves {@code line} running inside the pod; its pid is the program's own. */
  public Background start(
      String processName, Map<String, String> environment, Path log, String... line) {
    List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
    whole.addAll(Arrays.asList(line));
    return Background.start(processName, whole, environment, log);
  }

  /** Runs {@code ip -json ARGUMENTS} inside the pod and returns what it printed. */
  public JsonNode ip(String... arguments) {
    return json(namespace, arguments);
  }

  static JsonNode json(String namespace, String... arguments) {
    List<String> line = new ArrayList<>(List.of("ip", "-json", "-netns", namespace));
    line.addAll(Arrays.asList(arguments));
    String out = Command.of(line.toArray(String[]::new)).must();
    try {
      return JSON.readTree(out.isBlank() ? "[]" : out);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not JSON from " + line + ": " + out, e);
    }
  }
}
