package io.podseal.sidecar.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace of a test, removed on close. What runs in {@link #call} sees its interfaces;
 * sockets and processes opened there stay in it.
 */
public final class NetworkNamespace implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x40000000;
  private static final int O_CLOEXEC = 0x80000;
  private static final long LIMIT_SECONDS = 60;

  private final String name;
  private final ExecutorService thread;

  public NetworkNamespace(String label) throws Exception {
    this.name = "ps-" + label + "-" + Integer.toHexString(ThreadLocalRandom.current().nextInt());
    exec("ip", "netns", "add", name);
    this.thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    call(() -> {
      enter(Path.of("/run/netns", name));
      return 0;
    });
    sh("ip link set lo up");
  }

  public String name() {
    return name;
  }

  /** Runs in this namespace, on its one thread. */
  public <T> T call(Callable<T> task) throws Exception {
    try {
      return thread.submit(task).get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Runs a shell command in this namespace; what it printed, or an error with that. */
  public String sh(String command) throws Exception {
    return call(() -> exec("sh", "-c", command));
  }

  /** Starts a process in this namespace; the caller ends it. */
  public Process start(String... command) throws Exception {
    return call(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Sets a sysctl such as {@code net.ipv4.ip_forward}. */
  public void sysctl(String key, String value) throws Exception {
    call(() -> Files.writeString(Path.of("/proc/sys", key.replace('.', '/')), value));
  }

  /** Joins two namespaces by a veth pair. */
  public static void veth(NetworkNamespace a, String nameA, NetworkNamespace b, String nameB)
      throws Exception {
    a.sh(
        "ip link add %s type veth peer name %s netns /run/netns/%s"
            .formatted(nameA, nameB, b.name));
    a.sh("ip link set " + nameA + " up");
    b.sh("ip link set " + nameB + " up");
  }

  @Override
  public void close() throws IOException {
    thread.shutdownNow();
    exec("ip", "netns", "del", name);
  }

  private static String exec(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(String.join(" ", command) + ": " + output);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException(String.join(" ", command) + " was interrupted", e);
    }
    return output;
  }

  @SuppressWarnings("restricted") // setns(2) has no other way in
  private static void enter(Path file) throws IOException {
    Linker linker = Linker.nativeLinker();
    MethodHandle setns =
        linker.downcallHandle(
            linker.defaultLookup().find("setns").orElseThrow(),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    try (Arena arena = Arena.ofConfined();
        FileDescriptor fd =
            new FileDescriptor(
                Libc.open(arena.allocateFrom(file.toString()).address(), O_CLOEXEC),
                file.toString())) {
      if ((int) setns.invokeExact(fd.number(), CLONE_NEWNET) != 0) {
        throw new IOException("cannot enter " + file + ": run as root");
      }
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Throwable t) {
      throw new IOException(t);
    }
  }
}
