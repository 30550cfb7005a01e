package io.podseal.e2e.race;

import io.podseal.e2e.lab.Folders;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import io.podseal.e2e.race.Responder.Held;
import io.podseal.e2e.strongswan.Edition;
import io.podseal.protocol.ike.Limits;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/**
 * Drives charon and our responder in turn, and writes how they compare. The driver itself must be
 * kept off the responders' core.
 *
 * <p>Exit codes: 0 when every handshake of every round was established, 1 when not, 2 for wrong
 * usage.
 */
@Command(
    name = "./dev bench race",
    description = "Times our IKE responder beside strongSwan's and writes a section of a report.")
public final class Race implements Callable<Integer> {
  private static final int CHARON_HOST = 10;
  private static final int PODSEAL_HOST = 11;

  private static final int WARM_UP_HANDSHAKES = 800;

  /** Our endpoint lets so many strangers in at once, and then only a few per second. */
  private static final int MOST_HANDSHAKES = Limits.KEY_EXCHANGE_BURST;

  /** What is left to do once the last answer is out. */
  private static final Duration SETTLE = Duration.ofMillis(100);

  @Option(names = "--rounds", description = "Rounds of each kind and responder.")
  private int rounds = 5;

  @Option(names = "--handshakes", description = "Handshakes in a round.")
  private int handshakes = 800;

  @Option(names = "--warm-up", description = "Longer rounds of ours before, which do not count.")
  private int warmUp = 10;

  @Option(names = "--core", description = "Core of the responders.")
  private String core = "1";

  @Option(names = "--folder", hidden = true, description = "Where logs go.")
  private Path folder = Path.of("target/dev/race");

  @Option(names = "--report", hidden = true, description = "The file whose section is written.")
  private @Nullable Path report;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  private final PrintStream out = System.out;

  private Race() {}

  /** Runs what the arguments say. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Race()).setExecutionExceptionHandler(Race::failed).execute(arguments));
  }

  /** Says what went wrong in a round; anything else is a bug, whose trace is wanted. */
  private static int failed(Exception e, CommandLine line, ParseResult parsed) throws Exception {
    if (e instanceof IllegalStateException) {
      line.getErr().println("race: " + e.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    throw e;
  }

  @Override
  public Integer call() {
    if (rounds < 1 || warmUp < 0 || handshakes < 1 || handshakes > MOST_HANDSHAKES) {
      out.println("at least one round, of 1 to " + MOST_HANDSHAKES + " handshakes");
      return CommandLine.ExitCode.USAGE;
    }
    Folders.empty(folder.toAbsolutePath());
    Edition edition = Charon.EDITION;
    int before = warmUp * Kind.values().length * WARM_UP_HANDSHAKES;
    String section = run().section(edition.version(), edition.suite(), before);
    out.println(section);
    if (report != null) {
      Section.replace(report, Standings.TITLE, section);
    }
    return 0;
  }

  private Standings run() {
    try (Resources owned = new Resources()) {
      Lab lab = owned.add(Lab.open());
      Spokes.takeAddresses();
      Path logs = folder.toAbsolutePath();
      Charon charon =
          owned.add(
              new Charon(
                  lab.pod("charon", CHARON_HOST, ReversePathFilter.OFF),
                  core,
                  logs.resolve("charon")));
      Podseal podseal =
          owned.add(
              Podseal.start(lab.pod("podseal", PODSEAL_HOST, ReversePathFilter.OFF), core, logs));
      for (int i = 0; i < warmUp; i++) {
        for (Kind kind : Kind.values()) {
          round("warm-up", kind, podseal, WARM_UP_HANDSHAKES);
        }
      }
      Standings standings = new Standings();
      for (int i = 1; i <= rounds; i++) {
        for (Kind kind : Kind.values()) {
          standings.add(
              kind,
              round("round " + i, kind, charon, handshakes),
              round("round " + i, kind, podseal, handshakes));
        }
      }
      return standings;
    }
  }

  private Spent round(String name, Kind kind, Responder responder, int handshakes) {
    responder.prepare(kind, handshakes);
    CpuTime before = CpuTime.of(responder.pid());
    long begun = System.nanoTime();
    new Spokes(responder.address(), kind).establish(handshakes);
    Duration wall = Duration.ofNanos(System.nanoTime() - begun);
    settle();
    CpuTime cpu = CpuTime.of(responder.pid()).minus(before);
    Held held = responder.held();
    Held wanted = new Held(handshakes, kind.withChild() ? handshakes : 0);
    if (!held.equals(wanted)) {
      throw new IllegalStateException(
          "%s, %s: holds %s, not %s".formatted(kind.title(), responder.title(), held, wanted));
    }
    Spent spent = new Spent(cpu, wall, handshakes);
    print(name, kind, responder, spent);
    return spent;
  }

  private static void settle() {
    try {
      Thread.sleep(SETTLE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted between rounds", e);
    }
  }

  private void print(String round, Kind kind, Responder responder, Spent spent) {
    out.printf(
        Locale.ROOT,
        "%-8s  %-18s  %-8s %6.0f us (JIT %.0f)  %5.0f /s%n",
        round,
        kind.title(),
        responder.title(),
        spent.cpuMicros(),
        spent.jitMicros(),
        spent.perSecond());
  }
}
