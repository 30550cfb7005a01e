package io.podseal.e2e.interop;

import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.MachinePort;
import io.podseal.e2e.strongswan.PeerHost;
import io.podseal.e2e.strongswan.Toolbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A user-mode Linux guest in the lab: a kernel that knows ESP, in which programs of this machine
 * run one after the other. Confined to one thread.
 */
final class Guest implements PeerHost {
  private static final String SHARED = "/run/peer";
  private static final String READY = "guest ready";
  private static final String EXIT = "guest exit ";

  private static final Duration BOOT = Duration.ofSeconds(40);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Process kernel;
  private final InetAddress address;
  private final Path folder;
  private final Writer console;
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  private Guest(Process kernel, InetAddress address, Path folder) {
    this.kernel = kernel;
    this.address = address;
    this.folder = folder;
    this.console = kernel.outputWriter(StandardCharsets.UTF_8);
  }

  /** Boots a guest; it may write in {@code folder} alone. */
  static Guest boot(MachinePort port, Path folder) {
    Path root = Toolbox.peers().resolve("kernel");
    try {
      Files.createDirectories(folder);
      List<String> line = new ArrayList<>(port.under());
      line.addAll(
          List.of(
              root.resolve("usr/bin/linux.uml").toString(),
              "mem=512M",
              "root=/dev/root",
              "rootfstype=hostfs",
              "hostfs=/",
              "ro",
              "init=" + Toolbox.script("guest"),
              "vec0:transport=tap,ifname=" + port.tap() + ",depth=64,gro=1",
              "con=null",
              "con0=fd:0,fd:1",
              "quiet",
              "KERNEL=" + root,
              "FOLDER=" + folder,
              "ADDRESS=" + port.address().getHostAddress() + "/24",
              "GATEWAY=" + port.gateway().map(InetAddress::getHostAddress).orElse("")));
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.redirectErrorStream(true);
      Guest guest = new Guest(builder.start(), port.address(), folder);
      Thread.ofVirtual().start(guest::listen);
      guest.await(READY, BOOT);
      return guest;
    } catch (IOException e) {
      throw new UncheckedIOException("no guest boots", e);
    }
  }

  private void listen() {
    try (BufferedReader lines = kernel.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line);
      }
    } catch (IOException e) {
      said.add("the console is gone: " + e.getMessage());
    }
  }

  /** Returns what the console said before a line that begins with {@code end}, and that line. */
  private List<String> await(String end, Duration limit) {
    List<String> lines = new ArrayList<>();
    long deadline = System.nanoTime() + limit.toNanos();
    try {
      while (lines.isEmpty() || !lines.getLast().startsWith(end)) {
        String line = said.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (line == null) {
          kernel.destroyForcibly();
          throw new IllegalStateException(
              "the guest did not say '" + end + "' in " + limit + ", but " + lines);
        }
        lines.add(line);
      }
      return lines;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the guest worked", e);
    }
  }

  /** Returns whether it can be used; one that hung cannot. */
  boolean running() {
    return kernel.isAlive();
  }

  @Override
  public InetAddress address() {
    return address;
  }

  @Override
  public String seen(Path file) {
    return file.startsWith(folder) ? SHARED + "/" + folder.relativize(file) : file.toString();
  }

  @Override
  public Command.Result run(String... line) {
    return shell(quoted(line), Command.of(line));
  }

  private Command.Result shell(String line, Command command) {
    long begun = System.nanoTime();
    try {
      console.write(line + "\n");
      console.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the guest's console", e);
    }
    List<String> lines = await(EXIT, PATIENCE);
    int exit = Integer.parseInt(lines.getLast().substring(EXIT.length()).strip());
    String out = String.join("\n", lines.subList(0, lines.size() - 1));
    return new Command.Result(
        command, exit, out, exit == 0 ? "" : out, Duration.ofNanos(System.nanoTime() - begun));
  }

  @Override
  public void start(String name, Path log, String... line) {
    String background =
        "setsid %s >%s 2>&1 & printf %%s $! >/run/%s.pid"
            .formatted(quoted(line), quoted(seen(log)), name);
    shell(background, Command.of(line)).must();
  }

  @Override
  public void kill(String name) {
    String kill =
        "[ ! -e /run/%1$s.pid ] || { kill -KILL $(cat /run/%1$s.pid); rm /run/%1$s.pid; }"
            .formatted(name);
    shell(kill, Command.of("kill", name));
  }

  private static String quoted(String... words) {
    return Arrays.stream(words)
        .map(word -> "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" "));
  }

  @Override
  public void close() {
    List<ProcessHandle> inside = kernel.descendants().toList();
    kernel.destroyForcibly();
    inside.forEach(ProcessHandle::destroyForcibly);
  }
}
