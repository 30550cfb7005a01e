package io.podseal.e2e.race;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/** {@link PodsealProcess} as the responder, the same one in all rounds. */
final class Podseal implements Responder {
  /** Those of the sidecar; we are started in the root of the checkout. */
  private static final String JVM_ARGUMENTS = "@sidecar/daemon/src/main/jvm/args";

  private static final Duration START = Duration.ofSeconds(20);
  private static final int PATIENCE_MILLIS = 2_000;
  private static final int LONGEST_ANSWER = 64;

  private final Pod pod;
  private final Background process;

  private Podseal(Pod pod, Background process) {
    this.pod = pod;
    this.process = process;
  }

  /** Starts it in {@code pod} on {@code core} and waits until it answers. */
  static Podseal start(Pod pod, String core, Path folder) {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    String main = PodsealProcess.class.getName();
    Background process =
        pod.start(
            "podseal",
            Map.of(),
            folder.resolve("podseal.log"),
            "taskset",
            "-c",
            core,
            java,
            JVM_ARGUMENTS,
            "-cp",
            classes,
            main,
            pod.ip());
    Podseal podseal = new Podseal(pod, process);
    try {
      Awaitility.await("our responder; its log is " + process.log())
          .atMost(START)
          .ignoreExceptionsInstanceOf(UncheckedIOException.class)
          .until(() -> podseal.held().equals(new Held(0, 0)));
      return podseal;
    } catch (RuntimeException e) {
      podseal.close();
      throw e;
    }
  }

  private String ask(String question) {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.connect(new InetSocketAddress(pod.address(), PodsealProcess.CONTROL_PORT));
      socket.setSoTimeout(PATIENCE_MILLIS);
      byte[] octets = question.getBytes(StandardCharsets.UTF_8);
      socket.send(new DatagramPacket(octets, octets.length));
      DatagramPacket answer = new DatagramPacket(new byte[LONGEST_ANSWER], LONGEST_ANSWER);
      socket.receive(answer);
      return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("our responder; its log is " + process.log(), e);
    }
  }

  @Override
  public String title() {
    return "Podseal";
  }

  @Override
  public InetAddress address() {
    return pod.address();
  }

  @Override
  public void prepare(Kind kind, int spokes) {
    ask(kind.name() + " " + spokes);
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public Held held() {
    String[] words = ask(PodsealProcess.HELD).split(" ", -1);
    return new Held(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
  }

  @Override
  public void close() {
    process.kill();
  }
}
