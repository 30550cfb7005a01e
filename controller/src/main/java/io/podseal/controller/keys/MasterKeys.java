package io.podseal.controller.keys;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Brings the master keys into the ring and never replaces a lost one in silence.
 *
 * <p>{@link #report}, {@link #isCredible} and {@link #isBehind} may be called by any thread; the
 * others belong to one thread.
 */
public final class MasterKeys {
  /** Above this a reported epoch is not believed: one faulty sidecar must not use them up. */
  public static final int MAX_EPOCH = 1_000_000;

  /**
   * All pairs get new keys each time: a faulty sidecar must not have them do so without end, nor
   * keep another from being heard. So long at first, twice as long each time.
   */
  static final Duration FIRST_PAUSE = Duration.ofSeconds(5);

  static final Duration LONGEST_PAUSE = Duration.ofMinutes(10);

  private static final int ATTEMPTS = 5;
  private static final Report NONE = new Report(0, "nobody");

  private final MasterSecret store;
  private final KeyRing ring;
  private final SecureRandom random;
  private final KeyLossListener listener;
  private final InstantSource clock;
  private final AtomicReference<Report> highestReported = new AtomicReference<>(NONE);
  private volatile Instant nextReplacement = Instant.MIN;
  private Duration pause = FIRST_PAUSE;

  private record Report(int epoch, String pod) {
    Report highest(Report other) {
      return other.epoch > epoch ? other : this;
    }
  }

  /** Keys in {@code namespace}, for {@code ring}. */
  public MasterKeys(
      KubernetesClient client,
      String namespace,
      KeyRing ring,
      SecureRandom random,
      InstantSource clock,
      KeyLossListener listener) {
    this.store = new MasterSecret(client, namespace);
    this.ring = ring;
    this.random = random;
    this.clock = clock;
    this.listener = listener;
  }

  /**
   * Reads the keys, or makes the first one.
   *
   * @throws KeyStoreException if the Secret is unusable
   */
  public void load() {
    int onRecord = store.highestEpoch();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      var found = store.read().orElse(null);
      if (found != null && found.newestEpoch() >= onRecord) {
        adopt(found.keys(), onRecord);
        return;
      }
      if (found == null && onRecord == 0) {
        var first = generate(1);
        if (store.write(first, null)) {
          adopt(List.of(first), onRecord);
          return;
        }
        first.secret().close();
      } else if (goAbove(
          onRecord,
          found,
          "Secret "
              + MasterSecret.NAME
              + (found == null ? " is gone, after epoch " : " is older than epoch ")
              + onRecord)) {
        return;
      }
    }
    throw contended();
  }

  /** Whether a sidecar may have been given keys of {@code epoch}: ours are believed in any case. */
  public boolean isCredible(int epoch) {
    return epoch >= 0 && epoch <= Math.max(MAX_EPOCH, ring.newestEpoch());
  }

  /**
   * The sidecar of {@code pod} has been given keys of {@code epoch}, which {@link #isCredible}.
   *
   * @return true if {@link #settle} must be called because this is above all that we hold
   */
  public boolean report(int epoch, String pod) {
    if (!isCredible(epoch)) {
      throw new IllegalArgumentException("epoch " + epoch);
    }
    return highestReported.accumulateAndGet(new Report(epoch, pod), Report::highest).epoch
        > ring.newestEpoch();
  }

  /** Whether {@link #settle} has something to do now. */
  public boolean isBehind() {
    return highestReported.get().epoch > ring.newestEpoch()
        && !clock.instant().isBefore(nextReplacement);
  }

  /**
   * Goes above the highest epoch that was reported, if ours are below it; after a {@link
   * #FIRST_PAUSE pause} if it did so before.
   */
  public void settle() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!isBehind()) {
        return;
      }
      var reported = highestReported.get();
      var found = store.read().orElse(null);
      if (found != null && found.newestEpoch() >= reported.epoch) {
        // Another replica wrote it.
        adopt(found.keys(), store.highestEpoch());
      } else if (goAbove(
          reported.epoch,
          found,
          "the sidecar of %s knows epoch %d, which is not in Secret %s"
              .formatted(reported.pod, reported.epoch, MasterSecret.NAME))) {
        nextReplacement = clock.instant().plus(pause);
        pause = pause.multipliedBy(2);
        if (pause.compareTo(LONGEST_PAUSE) > 0) {
          pause = LONGEST_PAUSE;
        }
        return;
      }
    }
    throw contended();
  }

  private boolean goAbove(int epoch, MasterSecret.@Nullable Stored found, String why) {
    var key = generate(Math.max(epoch, ring.newestEpoch()) + 1);
    var resourceVersion = found == null ? null : found.resourceVersion();
    if (found != null) {
      found.discard();
    }
    if (!store.write(key, resourceVersion)) {
      key.secret().close();
      return false;
    }
    adopt(List.of(key), epoch);
    listener.replaced(key.epoch(), why);
    return true;
  }

  private void adopt(List<MasterKey> keys, int onRecord) {
    int newest = keys.getFirst().epoch();
    ring.install(keys);
    if (newest != onRecord) {
      store.recordHighestEpoch(newest);
    }
  }

  private MasterKey generate(int epoch) {
    var octets = new byte[MasterKey.LENGTH];
    random.nextBytes(octets);
    return new MasterKey(epoch, SecretOctets.adopt(octets));
  }

  private static KeyStoreException contended() {
    return new KeyStoreException(
        "Secret " + MasterSecret.NAME + " keeps changing: see who else writes it");
  }
}
