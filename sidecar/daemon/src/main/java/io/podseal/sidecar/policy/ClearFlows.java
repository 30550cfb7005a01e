package io.podseal.sidecar.policy;

import io.podseal.sidecar.firewall.ClearFlow;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The services a pod may always ask in clear: name servers, the API server, the controller (design,
 * decision 14).
 */
public final class ClearFlows implements Supplier<List<ClearFlow>> {
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int DNS = 53;

  private final String controllerHost;
  private final int controllerPort;
  private final Path resolvConf;
  private final Map<String, String> environment;

  public ClearFlows(
      String controllerHost, int controllerPort, Path resolvConf, Map<String, String> environment) {
    this.controllerHost = controllerHost;
    this.controllerPort = controllerPort;
    this.resolvConf = resolvConf;
    this.environment = environment;
  }

  @Override
  public List<ClearFlow> get() {
    List<ClearFlow> flows = new ArrayList<>();
    add(flows, controllerHost, TCP, controllerPort);
    String apiHost = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String apiPort = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    if (!apiHost.isEmpty() && apiPort.matches("[0-9]{1,5}")) {
      add(flows, apiHost, TCP, Integer.parseInt(apiPort));
    }
    for (String server : nameServers()) {
      add(flows, server, UDP, DNS);
      add(flows, server, TCP, DNS);
    }
    return flows.stream().distinct().toList();
  }

  private List<String> nameServers() {
    try {
      return Files.readAllLines(resolvConf).stream()
          .map(String::strip)
          .filter(line -> line.matches("nameserver\\s+[0-9.]+"))
          .map(line -> line.substring("nameserver".length()).strip())
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  private static void add(List<ClearFlow> flows, String host, int protocol, int port) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (address instanceof Inet4Address v4 && !v4.isLoopbackAddress()) {
          flows.add(new ClearFlow(v4, protocol, port));
        }
      }
    } catch (UnknownHostException e) {
      // Not resolvable now: connections to it do not exist either; asked again at the next policy.
      return;
    }
  }
}
