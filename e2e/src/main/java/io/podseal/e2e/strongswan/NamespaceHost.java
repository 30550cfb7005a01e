package io.podseal.e2e.strongswan;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Pod;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A pod of the lab as the place of a strongSwan that does ESP by itself. */
public final class NamespaceHost implements PeerHost {
  private final Pod pod;
  private final List<String> under;
  private final Map<String, Background> running = new HashMap<>();

  /**
   * @param under what every program is started by, such as {@code taskset -c 1}
   */
  public NamespaceHost(Pod pod, String... under) {
    this.pod = pod;
    this.under = List.of(under);
  }

  /** Returns the process id of what {@link #start} left running as {@code name}. */
  public long pid(String name) {
    Background program = running.get(name);
    if (program == null) {
      throw new IllegalStateException(name + " does not run");
    }
    return program.pid();
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
    String[] whole = Stream.concat(under.stream(), Arrays.stream(line)).toArray(String[]::new);
    running.put(name, pod.start(name, Map.of(), log, whole));
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
