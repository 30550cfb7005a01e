package io.podseal.controller.certs;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The certificate authority as the Secret holds it now, and its change to a new root before the old
 * one expires or when an operator asks: trusted first, used after an overlap, and only another
 * overlap later the old one is trusted no more (linkerd2#4287).
 *
 * <p>Every replica follows the Secret, the leader alone writes it. How long all have trusted the
 * roots is known in memory only: a new leader counts anew, which makes the overlap longer, never
 * shorter. {@link #follow} belongs to one thread, the rest is for any.
 */
public final class AuthorityRenewal {
  /** Ten times what a kubelet takes to refresh a mounted ConfigMap, and more. */
  static final Duration OVERLAP = Duration.ofHours(1);

  /** A root has this long to live when the next one is made. */
  static final Duration REMAINING = Duration.ofDays(365);

  static final Duration POLL = Duration.ofSeconds(30);

  private static final Logger LOG = Logger.getLogger("podseal.certs");

  /** What only the leader knows and may do. */
  public interface Leader {
    /** A replica that does not lead. */
    Leader NONE =
        new Leader() {
          @Override
          public boolean mayWrite() {
            return false;
          }

          @Override
          public boolean everywhere(String bundle) {
            return false;
          }
        };

    /** Whether this replica leads. */
    boolean mayWrite();

    /** Whether all that sidecars and the API server trust is exactly {@code bundle}. */
    boolean everywhere(String bundle);
  }

  private final AuthoritySecret secret;
  private final SecureRandom random;
  private final InstantSource clock;
  private volatile @Nullable Roots roots;
  private Instant looked = Instant.MIN;
  private Instant known = Instant.MIN;
  private @Nullable Instant trustedSince;

  /** Of the Secret in {@code namespace}. */
  public AuthorityRenewal(
      KubernetesClient client, String namespace, SecureRandom random, InstantSource clock) {
    this.secret = new AuthoritySecret(client, namespace, random, clock);
    this.random = random;
    this.clock = clock;
  }

  /**
   * Reads the authority, or makes it; before anything else.
   *
   * @throws AuthorityException if the Secret is unusable
   */
  public AuthorityRenewal load() {
    roots = secret.load();
    looked = clock.instant();
    known = looked;
    return this;
  }

  /** The root that issues now. */
  public CertificateAuthority current() {
    return roots().current();
  }

  /** All roots that are to be trusted now, in PEM. */
  public String bundle() {
    return roots().bundle();
  }

  /**
   * Looks at the Secret, if it is time.
   *
   * @return whether the roots changed
   * @throws AuthorityException if the Secret is unusable; the roots stay as they are
   */
  public boolean follow(Leader leader) {
    var now = clock.instant();
    if (now.isBefore(looked.plus(POLL))) {
      return false;
    }
    // Whatever this look brings: an API server that fails is not asked without pause.
    looked = now;
    var before = roots();
    var found = secret.read();
    // Who has not looked for long may have missed a whole change.
    boolean fresh = now.isBefore(known.plus(POLL.multipliedBy(3)));
    known = now;
    if (leader.mayWrite()) {
      lead(leader, before, found, fresh).ifPresent(adopted -> roots = adopted);
    } else {
      trustedSince = null;
      found.ifPresent(stored -> roots = stored.roots());
    }
    boolean changed = !roots().equals(before);
    if (changed) {
      trustedSince = null;
      LOG.infof(
          "certificate authority: %s, CA expires %s", roots().phase(), roots().current().expiry());
    }
    return changed;
  }

  private Optional<Roots> lead(
      Leader leader, Roots before, Optional<AuthoritySecret.Stored> found, boolean fresh) {
    if (found.isEmpty()) {
      LOG.warn("the Secret of the certificate authority is gone: writing it again from memory");
      return written(before, null);
    }
    var stored = found.get();
    if (fresh && !stored.roots().trusts(before.current())) {
      LOG.warn("the certificate authority was replaced: its root is introduced like a new one");
      return written(Roots.steady(before.current()).introduce(stored.roots().current()), stored);
    }
    return switch (stored.roots().phase()) {
      case STEADY ->
          stored.renewalRequested() || expires(stored.roots().current())
              ? written(
                  stored.roots().introduce(CertificateAuthority.create(random, clock.instant())),
                  stored)
              : Optional.of(stored.roots());
      case INTRODUCING, RETIRING ->
          overlapPassed(leader, stored.roots())
              ? written(stored.roots().advanced(), stored)
              : Optional.of(stored.roots());
    };
  }

  private Optional<Roots> written(Roots wanted, AuthoritySecret.@Nullable Stored replaces) {
    return secret.write(wanted, replaces) ? Optional.of(wanted) : Optional.empty();
  }

  private boolean expires(CertificateAuthority root) {
    return !clock.instant().isBefore(root.expiry().minus(REMAINING));
  }

  private boolean overlapPassed(Leader leader, Roots stored) {
    if (!stored.equals(roots()) || !leader.everywhere(stored.bundle())) {
      trustedSince = null;
      return false;
    }
    var since = trustedSince;
    if (since == null) {
      trustedSince = clock.instant();
      return false;
    }
    return !clock.instant().isBefore(since.plus(OVERLAP));
  }

  private Roots roots() {
    var loaded = roots;
    if (loaded == null) {
      throw new IllegalStateException("load() comes first");
    }
    return loaded;
  }
}
