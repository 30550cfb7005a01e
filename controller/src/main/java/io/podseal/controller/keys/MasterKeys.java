package io.podseal.controller.keys;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Brings the master keys into the ring and never replaces a lost one in silence.
 *
 * <p>{@link #report} may be called by any thread; the others belong to one thread.
 */
public final class MasterKeys {
  /** Above this a reported epoch is not believed: one faulty sidecar must not use them up. */
  public static final int MAX_EPOCH = 1_000_000;

  private static final int ATTEMPTS = 5;

  private final MasterSecret store;
  private final KeyRing ring;
  private final SecureRandom random;
  private final KeyLossListener listener;
  private final AtomicInteger highestReported = new AtomicInteger();

  /** Keys in {@code namespace}, for {@code ring}. */
  public MasterKeys(
      KubernetesClient client,
      String namespace,
      KeyRing ring,
      SecureRandom random,
      KeyLossListener listener) {
    this.store = new MasterSecret(client, namespace);
    this.ring = ring;
    this.random = random;
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

  /**
   * A sidecar has been given keys of {@code epoch}.
   *
   * @return true if {@link #settle} must be called because this is above all that we hold
   */
  public boolean report(int epoch) {
    if (epoch > MAX_EPOCH) {
      throw new IllegalArgumentException("epoch " + epoch);
    }
    return highestReported.accumulateAndGet(epoch, Math::max) > ring.newestEpoch();
  }

  /** Goes above the highest epoch that was reported, if ours are below it. */
  public void settle() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int reported = highestReported.get();
      if (reported <= ring.newestEpoch()) {
        return;
      }
      var found = store.read().orElse(null);
      if (found != null && found.newestEpoch() >= reported) {
        // Another replica wrote it.
        adopt(found.keys(), store.highestEpoch());
      } else if (goAbove(
          reported,
          found,
          "a sidecar knows epoch " + reported + ", which is not in Secret " + MasterSecret.NAME)) {
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
