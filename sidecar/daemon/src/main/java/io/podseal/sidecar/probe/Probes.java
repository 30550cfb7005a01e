package io.podseal.sidecar.probe;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The pod's declared probes by {@code <container>/<kind>}, read from PODSEAL_PROBES. Immutable. */
public final class Probes {
  private static final String VARIABLE = "PODSEAL_PROBES";
  private static final Set<String> HOOKS = Set.of("postStart", "preStop");
  private static final Set<String> PROBES =
      Set.of("livenessProbe", "readinessProbe", "startupProbe");
  private static final int MAX_PORT = 65_535;

  private final Map<String, Probe> byKey;

  private Probes(Map<String, Probe> byKey) {
    this.byKey = byKey;
  }

  /**
   * Reads what the webhook wrote.
   *
   * @param json empty for no probes
   * @param podIp where handlers without a host are asked
   * @throws IllegalArgumentException naming the entry and what is wrong with it, without values
   */
  public static Probes parse(String json, String podIp) {
    if (json.isBlank()) {
      return new Probes(Map.of());
    }
    Map<?, ?> tree;
    try {
      tree = JsonTree.object(json);
    } catch (JsonProcessingException e) {
      // Its message may quote a header's value.
      throw new IllegalArgumentException(
          VARIABLE
              + " is not valid JSON at line "
              + e.getLocation().getLineNr()
              + ", column "
              + e.getLocation().getColumnNr()
              + "; the injection webhook writes it",
          e);
    } catch (IOException e) {
      throw new IllegalArgumentException(VARIABLE + " is " + e.getMessage(), e);
    }
    Map<String, Probe> probes = new LinkedHashMap<>();
    tree.forEach((key, value) -> {
      String name = (String) key;
      probes.put(name, probe(name, value, podIp));
    });
    return new Probes(Map.copyOf(probes));
  }

  /** All keys. */
  public Set<String> keys() {
    return byKey.keySet();
  }

  Probe get(String key) {
    Probe probe = byKey.get(key);
    if (probe == null) {
      throw new IllegalArgumentException("no probe is declared as " + key);
    }
    return probe;
  }

  private static Probe probe(String key, Object value, String podIp) {
    String kind = key.substring(key.indexOf('/') + 1);
    if (!key.matches("[a-z0-9-]+/[A-Za-z]+") || !(HOOKS.contains(kind) || PROBES.contains(kind))) {
      throw bad(key, "the key is not CONTAINER/KIND with a KIND of " + PROBES + " or " + HOOKS);
    }
    Fields fields = new Fields(key, value);
    List<Handler> handlers = new ArrayList<>();
    fields
        .child("httpGet")
        .ifPresent(h ->
            handlers.add(
                new Handler.HttpGet(
                    host(h, podIp),
                    h.integer("port", 1, MAX_PORT),
                    tls(h),
                    path(h.text("path", "/")),
                    headers(h))));
    fields
        .child("tcpSocket")
        .ifPresent(h ->
            handlers.add(new Handler.TcpSocket(host(h, podIp), h.integer("port", 1, MAX_PORT))));
    fields
        .child("grpc")
        .ifPresent(h ->
            handlers.add(
                new Handler.Grpc(
                    host(h, podIp), h.integer("port", 1, MAX_PORT), h.text("service", ""))));
    if (handlers.size() != 1) {
      throw bad(key, "needs exactly one of httpGet, tcpSocket and grpc");
    }
    int seconds = fields.integer("timeoutSeconds", 1, Integer.MAX_VALUE);
    return new Probe(handlers.getFirst(), Duration.ofSeconds(seconds), HOOKS.contains(kind));
  }

  private static String host(Fields handler, String podIp) {
    String host = handler.text("host", podIp);
    if (host.isEmpty()) {
      throw bad(handler.key(), "has no host and PODSEAL_POD_IP is empty: set it from status.podIP");
    }
    return host;
  }

  private static boolean tls(Fields handler) {
    return switch (handler.text("scheme", "HTTP")) {
      case "HTTP" -> false;
      case "HTTPS" -> true;
      default -> throw bad(handler.key(), "scheme is neither HTTP nor HTTPS");
    };
  }

  private static String path(String path) {
    return path.startsWith("/") ? path : "/" + path;
  }

  private static List<Handler.Header> headers(Fields handler) {
    return handler.children("httpHeaders").stream()
        .map(h -> new Handler.Header(h.text("name", ""), h.text("value", "")))
        .toList();
  }

  static IllegalArgumentException bad(String key, String why) {
    return new IllegalArgumentException(VARIABLE + ", entry " + key + ": " + why);
  }
}
