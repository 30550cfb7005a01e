package io.podseal.e2e.interop;

import io.podseal.e2e.interop.Case.Initiator;
import io.podseal.e2e.interop.Case.Place;
import io.podseal.e2e.interop.Report.Outcome;
import io.podseal.e2e.interop.Report.Result;
import io.podseal.e2e.lab.Folders;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.NatRouter;
import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import io.podseal.e2e.strongswan.NamespaceHost;
import io.podseal.e2e.strongswan.PeerHost;
import io.podseal.e2e.strongswan.Plane;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The rows of one plane, one after the other, in a lab of their own. Confined to one thread. */
final class Lane implements Callable<List<Outcome>> {
  private static final int GUEST_HOST = 10;
  private static final int FIRST_HOST = 11;
  private static final int HOSTS = 200;

  private final Plane plane;
  private final List<Case> rows;
  private final Path folder;
  private final Consumer<Outcome> progress;
  private int hosts;
  private @Nullable Guest guest;

  Lane(Plane plane, List<Case> rows, Path folder, Consumer<Outcome> progress) {
    this.plane = plane;
    this.rows = rows;
    this.folder = folder;
    this.progress = progress;
  }

  @Override
  public List<Outcome> call() {
    List<Outcome> outcomes = new ArrayList<>();
    try (Resources owned = new Resources()) {
      Lab lab = owned.add(Lab.open());
      ScriptedController controller =
          owned.add(
              ScriptedController.start(lab.node(), folder.resolve("controller-" + plane.mode())));
      for (Case row : rows) {
        Outcome outcome = run(row, lab, controller);
        outcomes.add(outcome);
        progress.accept(outcome);
      }
    } finally {
      leaveGuest();
    }
    return outcomes;
  }

  private Outcome run(Case row, Lab lab, ScriptedController controller) {
    if (!row.unsupported().isEmpty()) {
      return new Outcome(row, Result.UNSUPPORTED, row.unsupported(), 0);
    }
    long begun = System.nanoTime();
    Path place = folder.resolve(row.name());
    try (Resources owned = new Resources()) {
      Folders.empty(place);
      Optional<NatRouter> router =
          row.place() == Place.BEHIND_NAT
              ? Optional.of(owned.add(lab.nat("router" + hosts, nextHost())))
              : Optional.empty();
      boolean weInitiate = row.initiator() == Initiator.PODSEAL;
      Pod ours = pod(lab, "ours", ReversePathFilter.STRICT, router.filter(r -> weInitiate), owned);
      PeerHost host = host(lab, router.filter(r -> !weInitiate), owned);
      Network network = new Network(lab, router, weInitiate, () -> lab.address(nextHost()));
      Bench bench = owned.add(new Bench(row, network, ours, host, controller, place));
      row.script().accept(bench);
      return new Outcome(
          row, Result.OK, String.join(Report.PROOF_END, bench.proofs()), since(begun));
    } catch (RuntimeException e) {
      return new Outcome(row, Result.FAILED, String.valueOf(e.getMessage()), since(begun));
    }
  }

  /** Every pod has an address that none had in the rows just before. */
  private int nextHost() {
    return FIRST_HOST + hosts++ % HOSTS;
  }

  private Pod pod(
      Lab lab, String name, ReversePathFilter filter, Optional<NatRouter> behind, Resources owned) {
    int host = nextHost();
    if (behind.isPresent()) {
      return behind.get().pod(name + host, filter);
    }
    Pod pod = lab.pod(name + host, host, filter);
    owned.add(() -> lab.remove(pod));
    return pod;
  }

  private PeerHost host(Lab lab, Optional<NatRouter> behind, Resources owned) {
    return switch (plane) {
      case KERNEL_NETLINK ->
          behind.isPresent() ? owned.add(Guest.boot(behind.get().machine(), folder)) : guest(lab);
      case KERNEL_LIBIPSEC ->
          owned.add(new NamespaceHost(pod(lab, "theirs", ReversePathFilter.OFF, behind, owned)));
    };
  }

  /** One guest serves all rows; what a row left in its kernel goes before the next. */
  private Guest guest(Lab lab) {
    Guest running = guest;
    if (running == null || !running.running()) {
      running = Guest.boot(lab.machine(GUEST_HOST), folder);
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
