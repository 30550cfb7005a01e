package io.podseal.e2e.interop;

import io.podseal.e2e.interop.Report.Outcome;
import io.podseal.e2e.interop.Report.Result;
import io.podseal.e2e.strongswan.Plane;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Runs the table of {@link Cases} against strongSwan.
 *
 * <p>Exit codes: 0 when every row that must hold did, 1 when one did not, 2 for wrong usage.
 */
@Command(
    name = "./dev interop",
    description = "Runs our sidecar against strongSwan of three Debian suites and prints a table.")
public final class Interop implements Callable<Integer> {
  private static final Logger LIBRARIES = Logger.getLogger("");

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Run only rows whose name contains this, such as rekey or trixie/out.")
  private String name = "";

  @Option(names = "--list", description = "Print the names of the rows and exit.")
  private boolean list;

  @Option(names = "--quick", description = "Run the short set of every build.")
  private boolean quick;

  @Option(
      names = "--folder",
      hidden = true,
      defaultValue = "target/dev/interop",
      description = "Where logs and captures go.")
  private Path folder = Path.of("");

  @Option(names = "--report", hidden = true, description = "Where the table is written.")
  private @Nullable Path report;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this and exit.")
  private boolean help;

  private final PrintStream out = System.out;

  private Interop() {}

  /** Runs what the arguments say. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Interop()).execute(arguments));
  }

  @Override
  public Integer call() {
    LIBRARIES.setLevel(Level.SEVERE);
    folder = folder.toAbsolutePath();
    List<Case> rows =
        Cases.all().stream()
            .filter(row -> row.name().contains(name) && (!quick || row.quick()))
            .toList();
    if (rows.isEmpty()) {
      out.println("no row is named like '" + name + "'; --list prints the names");
      return CommandLine.ExitCode.USAGE;
    }
    if (list) {
      rows.forEach(row -> out.println(row.name() + (row.quick() ? "  (quick)" : "")));
      return 0;
    }
    Report results = new Report(run(rows));
    out.printf(
        "%d ok, %d failed, %d not possible; logs are in %s%n",
        results.count(Result.OK),
        results.count(Result.FAILED),
        results.count(Result.UNSUPPORTED),
        folder);
    if (report != null) {
      results.write(report);
    }
    return results.count(Result.FAILED) == 0 ? 0 : 1;
  }

  /** Each plane's rows one after the other, both planes at once; in the order of the table. */
  private List<Outcome> run(List<Case> rows) {
    try (ExecutorService planes = Executors.newFixedThreadPool(Plane.values().length)) {
      List<Future<List<Outcome>>> lanes = new ArrayList<>();
      for (Plane plane : Plane.values()) {
        List<Case> ofPlane = rows.stream().filter(row -> row.plane() == plane).toList();
        if (!ofPlane.isEmpty()) {
          lanes.add(planes.submit(new Lane(plane, ofPlane, folder, this::print)));
        }
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<List<Outcome>> lane : lanes) {
        outcomes.addAll(lane.get());
      }
      return outcomes;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while rows ran", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the lab does not work", e.getCause());
    }
  }

  private synchronized void print(Outcome outcome) {
    out.printf(
        Locale.ROOT,
        "%-12s %-46s %5.1f s  %s%n",
        outcome.result().title(),
        outcome.row().name(),
        outcome.seconds(),
        outcome.found());
  }
}
