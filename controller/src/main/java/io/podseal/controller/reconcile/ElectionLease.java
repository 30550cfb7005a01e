package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.podseal.controller.obs.RepeatGuard;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The Lease {@code podseal-controller}, aged by this replica's own clock from the moment it saw the
 * last renewal: a holder whose clock is wrong neither loses the Lease nor keeps it for ever.
 *
 * <p>Safe for use by several threads.
 */
final class ElectionLease extends LeaseLock {
  static final String NAME = "podseal-controller";

  private static final Logger LOG = Logger.getLogger("podseal.election");

  private final Duration duration;
  private final RepeatGuard repeats;
  private @Nullable Renewal seen;
  private ZonedDateTime seenAt = now();

  private record Renewal(@Nullable String holder, @Nullable ZonedDateTime at) {}

  ElectionLease(String namespace, String identity, Duration duration) {
    super(namespace, NAME, identity);
    this.duration = duration;
    this.repeats = new RepeatGuard(InstantSource.system(), Duration.ofMinutes(1));
  }

  @Override
  public synchronized @Nullable LeaderElectionRecord get(KubernetesClient client) {
    return said("read", () -> super.get(client));
  }

  @Override
  public synchronized void create(KubernetesClient client, LeaderElectionRecord record) {
    var _ =
        said(
            "create",
            () -> {
              super.create(client, record);
              return record;
            });
  }

  @Override
  public synchronized void update(KubernetesClient client, LeaderElectionRecord record) {
    var _ =
        said(
            "renew",
            () -> {
              super.update(client, record);
              return record;
            });
  }

  @Override
  protected Lease toResource(LeaderElectionRecord record, ObjectMetaBuilder meta) {
    var lease = super.toResource(record, meta.addToLabels("app.kubernetes.io/part-of", "podseal"));
    if (lease.getSpec().getHolderIdentity() == null) {
      // A merge patch leaves out what is null, and the released Lease would keep its holder.
      lease.getSpec().setHolderIdentity("");
    }
    return lease;
  }

  @Override
  protected LeaderElectionRecord toRecord(Lease lease) {
    var spec = lease.getSpec();
    var renewal =
        spec == null
            ? new Renewal(null, null)
            : new Renewal(spec.getHolderIdentity(), spec.getRenewTime());
    if (!renewal.equals(seen)) {
      seen = renewal;
      seenAt = now();
    }
    var acquired = spec == null ? null : spec.getAcquireTime();
    var transitions = spec == null ? null : spec.getLeaseTransitions();
    return new LeaderElectionRecord(
        renewal.holder(),
        duration,
        acquired == null ? seenAt : acquired,
        seenAt,
        Objects.requireNonNullElse(transitions, 0));
  }

  private @Nullable LeaderElectionRecord said(
      String verb, Supplier<@Nullable LeaderElectionRecord> request) {
    try {
      return request.get();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        var line = ApiProblems.describe(verb + " Lease " + NAME, e);
        if (repeats.due(line)) {
          LOG.warn(line);
        }
      }
      throw e;
    }
  }

  private static ZonedDateTime now() {
    return ZonedDateTime.now(ZoneOffset.UTC);
  }
}
