package io.podseal.e2e.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.podseal.e2e.lab.Lab;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Shows Podseal at work in network namespaces and checks what it shows.
 *
 * <p>Exit codes: 0 when every check held, 1 when one did not or a clear packet of the pair was
 * seen, 2 for wrong usage.
 */
@Command(
    name = "./dev demo",
    description =
        "Seals the traffic of two pods in network namespaces, keeps an outsider out, kills and"
            + " restarts a sidecar, and shows that nothing of the pair was ever seen in clear.")
public final class Demo implements Callable<Integer> {
  // The mock API server logs every request it serves, its client every version it finds young.
  private static final Logger LIBRARIES = Logger.getLogger("");
  private static final Path FOLDER = Path.of("target/demo");

  @Option(
      names = "--keep",
      description = "Leave everything running at the end, to explore; Ctrl-C ends it.")
  private boolean keep;

  @Option(names = "--json", description = "End with one JSON object of the measured facts.")
  private boolean json;

  @Option(
      names = "--real",
      description = "Use etcd and kube-apiserver in place of an API server in memory.")
  private boolean real;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  private final PrintStream out = System.out;

  private Demo() {}

  /** Runs the demo. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Demo()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    LIBRARIES.setLevel(Level.SEVERE);
    Narrator narrator = new Narrator(out);
    Map<String, Object> facts = new LinkedHashMap<>();
    narrator.step("Set the scene: a node with a bridge, an API server, the controller, three pods");
    try (Lab lab = Lab.open();
        Scene scene = new Scene(lab, FOLDER.toAbsolutePath(), real)) {
      scene.cluster().api().description().lines().forEach(narrator::line);
      narrator.line("The controller and the sidecars are the real processes; the web server on");
      narrator.line("postgres:" + Scene.WEB_PORT + " stands in for a database.");
      Story story = new Story(scene, narrator, facts);
      try {
        story.tell();
      } catch (RuntimeException e) {
        fail(narrator, e);
      }
      story.conclude();
      if (keep) {
        stay(narrator);
      }
    } catch (RuntimeException e) {
      fail(narrator, e);
    }
    facts.put("seconds", Narrator.seconds(narrator.elapsed()));
    facts.put("failedChecks", narrator.failures());
    if (json) {
      printJson(facts);
    }
    return narrator.failures() == 0 ? 0 : 1;
  }

  private static void fail(Narrator narrator, RuntimeException e) {
    narrator.check(false, "the demo goes on to its end", String.valueOf(e.getMessage()));
    narrator.line("logs: " + FOLDER + "/*.log");
  }

  private static void stay(Narrator narrator) throws InterruptedException {
    narrator.step("Left running; from another terminal:");
    narrator.line("./dev enter orders                         a shell in the pod");
    narrator.line("./dev enter orders ping postgres           sealed");
    narrator.line("./dev enter outsider ping postgres         refused");
    narrator.line("./dev enter orders curl -s localhost:9808/status");
    narrator.line("./dev enter node tcpdump -ni br1           what the bridge sees");
    narrator.line("Ctrl-C ends it and leaves nothing behind.");
    new CountDownLatch(1).await();
  }

  private void printJson(Map<String, Object> facts) {
    try {
      out.println(new JsonMapper().writeValueAsString(facts));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
