package io.podseal.controller.keys;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The epochs in force, at most two; master keys never leave it.
 *
 * <p>Safe for use by several threads.
 */
public final class KeyRing {
  /** Epochs that live at a time. */
  static final int MAX_EPOCHS = 2;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final String trustDomain;
  private List<MasterKey> newestFirst = List.of();

  /** A ring without keys. */
  public KeyRing(String trustDomain) {
    this.trustDomain = trustDomain;
  }

  /** The newest epoch; 0 before any key was installed. */
  public int newestEpoch() {
    var epochs = epochs();
    return epochs.isEmpty() ? 0 : epochs.getFirst();
  }

  /** The epochs in force, newest first. */
  public List<Integer> epochs() {
    lock.readLock().lock();
    try {
      return newestFirst.stream().map(MasterKey::epoch).toList();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Derives the key of a pair; the caller closes it.
   *
   * @throws IllegalArgumentException if the epoch is not in force
   */
  public SecretOctets pairKey(int epoch, String identity, String peerIdentity) {
    return with(
        epoch, master -> PairKeyDerivation.derive(master, trustDomain, identity, peerIdentity));
  }

  /**
   * The name of a pair's key, for logs.
   *
   * @throws IllegalArgumentException if the epoch is not in force
   */
  public String pairKeyId(int epoch, String identity, String peerIdentity) {
    return with(epoch, master -> PairKeyDerivation.id(master, trustDomain, identity, peerIdentity));
  }

  /** What a pod's crash detection is made with, of the newest epoch; the caller closes it. */
  public Optional<SecretOctets> crashSecret(String identity) {
    lock.readLock().lock();
    try {
      return newestFirst.stream()
          .findFirst()
          .map(master -> PairKeyDerivation.crashSecret(master, trustDomain, identity));
    } finally {
      lock.readLock().unlock();
    }
  }

  private <T> T with(int epoch, Function<MasterKey, T> use) {
    lock.readLock().lock();
    try {
      return use.apply(
          newestFirst.stream()
              .filter(key -> key.epoch() == epoch)
              .findFirst()
              .orElseThrow(
                  () -> new IllegalArgumentException("epoch " + epoch + " is not in force")));
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Whether an initiator may use a pair's key of {@code epoch}.
   *
   * <p>The oldest key in force is the one both ends began with, or the only one: the responder may
   * learn it a moment later, and IKE retries. A newer one waits until both ends acknowledged it.
   */
  public static boolean mayInitiate(
      int epoch, List<Integer> epochsInForce, BooleanSupplier acknowledgedByBoth) {
    return epoch == epochsInForce.getLast() || acknowledgedByBoth.getAsBoolean();
  }

  /** Takes ownership of {@code masters}, newest first, and zeroes those that are replaced. */
  void install(List<MasterKey> masters) {
    if (masters.isEmpty() || masters.size() > MAX_EPOCHS) {
      throw new IllegalArgumentException(masters.size() + " epochs");
    }
    lock.writeLock().lock();
    try {
      newestFirst.forEach(key -> key.secret().close());
      newestFirst = List.copyOf(masters);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Zeroes all keys; none is in force afterwards. */
  public void forget() {
    lock.writeLock().lock();
    try {
      newestFirst.forEach(key -> key.secret().close());
      newestFirst = List.of();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
