package io.podseal.e2e.interop;

import io.podseal.e2e.interop.Report.Outcome;
import io.podseal.e2e.interop.Report.Result;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
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
  private static final int GUEST_HOST = 10;
  private static final int FIRST_HOST = 11;

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
  private int hosts = FIRST_HOST;
  private @Nullable Guest guest;

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
    Report results = new Report();
    try (Resources owned = new Resources()) {
      Lab lab = owned.add(Lab.open());
      ScriptedController controller =
          owned.add(ScriptedController.start(lab.node(), folder.resolve("controller")));
      for (Case row : rows) {
        Outcome outcome = run(row, lab, controller);
        results.add(outcome);
        out.printf(
            Locale.ROOT,
            "%-12s %-46s %5.1f s  %s%n",
            outcome.result().title(),
            row.name(),
            outcome.seconds(),
            outcome.found());
      }
    } finally {
      leaveGuest();
    }
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

  private Outcome run(Case row, Lab lab, ScriptedController controller) {
    if (!row.unsupported().isEmpty()) {
      return new Outcome(row, Result.UNSUPPORTED, row.unsupported(), 0);
    }
    long begun = System.nanoTime();
    Path place = folder.resolve(row.name());
    Pod ours = lab.pod("ours" + hosts, hosts++, ReversePathFilter.STRICT);
    try (Resources owned = new Resources()) {
      Folders.empty(place);
      PeerHost host = host(row, lab, owned);
      Bench bench = owned.add(new Bench(row, lab, ours, host, controller, place));
      row.script().accept(bench);
      return new Outcome(row, Result.OK, String.join("; ", bench.proofs()), since(begun));
    } catch (RuntimeException e) {
      return new Outcome(row, Result.FAILED, String.valueOf(e.getMessage()), since(begun));
    } finally {
      lab.remove(ours);
    }
  }

  private PeerHost host(Case row, Lab lab, Resources owned) {
    return switch (row.plane()) {
      case KERNEL_NETLINK -> guest(lab);
      case KERNEL_LIBIPSEC -> {
        Pod pod = lab.pod("theirs" + hosts, hosts++, ReversePathFilter.OFF);
        owned.add(() -> lab.remove(pod));
        yield owned.add(new NamespaceHost(pod));
      }
    };
  }

  /** One guest serves all rows; what a row left in its kernel goes before the next. */
  private Guest guest(Lab lab) {
    Guest running = guest;
    if (running == null || !running.running()) {
      running = Guest.boot(lab, GUEST_HOST, folder);
      guest = running;
    }
    running.run("ip", "xfrm", "policy", "flush");
    running.run("ip", "xfrm", "state", "flush");
    return running;
  }

  private void leaveGuest() {
    if (guest != null) {
      guest.close();
    }
  }

  private static double since(long begun) {
    return (System.nanoTime() - begun) / 1e9;
  }
}
