package io.podseal.e2e.interop;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Pod;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A pod of the lab as the place of a strongSwan that does ESP by itself. */
final class NamespaceHost implements PeerHost {
  private final Pod pod;
  private final Map<String, Background> running = new HashMap<>();

  NamespaceHost(Pod pod) {
    this.pod = pod;
  }

  @Override
  public InetAddress address() {
    return pod.address();
  }

  @Override
  public String seen(Path file) {
    return file.toString();
  }

  @Override
  public Command.Result run(String... line) {
    return pod.run(line);
  }

  @Override
  public void start(String name, Path log, String... line) {
    running.put(name, pod.start(name, Map.of(), log, line));
  }

  @Override
  public void kill(String name) {
    Background program = running.remove(name);
    if (program != null) {
      program.kill();
    }
  }

  @Override
  public void close() {
    running.values().forEach(Background::kill);
    running.clear();
  }
}
