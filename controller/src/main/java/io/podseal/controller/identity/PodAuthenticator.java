package io.podseal.controller.identity;

import io.podseal.controller.model.PodRecord;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.obs.RepeatGuard;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Finds out which pod a token is of: a TokenReview with our audience, then the pod itself.
 *
 * <p>The pod is checked each time, because the API server accepts the token of a deleted pod for
 * some seconds more. Blocks; safe for use by several threads.
 */
public final class PodAuthenticator {
  private static final Logger LOG = Logger.getLogger("podseal.identity");
  private static final int MAX_TOKEN_LENGTH = 8192;
  private static final Duration LIFE_WITHOUT_EXPIRY = Duration.ofHours(1);
  private static final Duration LONGEST_LIFE = Duration.ofHours(24);

  /**
   * How much callers can make us ask the API server.
   *
   * @param concurrent TokenReviews at a time
   * @param perSecond TokenReviews a second, in the long run
   * @param burst TokenReviews after a quiet time
   * @param sourcePerSecond of these for one address, so that no caller keeps out all others
   * @param sourceBurst for one address after a quiet time
   */
  public record Limits(
      int concurrent, double perSecond, int burst, double sourcePerSecond, int sourceBurst) {
    /** For some thousand pods that all come back at once, a hundred from one node's address. */
    public static final Limits DEFAULT = new Limits(32, 100, 400, 10, 50);
  }

  private final TokenReviewer reviewer;
  private final PodDirectory pods;
  private final ReviewCache cache;
  private final AdmissionLimiter strangers;
  private final SourceLimiter sources;

  /** Whoever is let in already must not have to leave because others knock. */
  private final AdmissionLimiter acquaintances;

  private final ControllerMetrics metrics;
  private final InstantSource clock;
  private final RepeatGuard repeats;

  /** An authenticator with its own cache and limits. */
  public PodAuthenticator(
      TokenReviewer reviewer,
      PodDirectory pods,
      Limits limits,
      ControllerMetrics metrics,
      InstantSource clock) {
    this.reviewer = reviewer;
    this.pods = pods;
    this.cache = new ReviewCache(clock);
    this.strangers =
        new AdmissionLimiter(limits.concurrent(), limits.perSecond(), limits.burst(), clock);
    this.sources = new SourceLimiter(limits.sourcePerSecond(), limits.sourceBurst(), clock);
    this.acquaintances =
        new AdmissionLimiter(limits.concurrent(), limits.perSecond(), limits.burst(), clock);
    this.metrics = metrics;
    this.clock = clock;
    this.repeats = new RepeatGuard(clock, Duration.ofSeconds(10));
  }

  /**
   * Checks the token of a caller.
   *
   * @param source where it calls from
   */
  public Admission admit(String token, String source) {
    return admit(token, strangers, () -> sources.allows(source));
  }

  private Admission admit(String token, AdmissionLimiter limiter, BooleanSupplier fair) {
    if (token.isEmpty()) {
      return denied(DenyReason.NO_TOKEN);
    }
    if (token.length() > MAX_TOKEN_LENGTH || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return denied(DenyReason.MALFORMED_TOKEN);
    }
    try {
      var remembered = cache.find(token);
      if (remembered.isPresent() && answerable(remembered.get())) {
        return judge(token, remembered.get());
      }
      if (!fair.getAsBoolean() || !limiter.enter()) {
        return denied(DenyReason.THROTTLED);
      }
      try {
        return judge(token, remembered.isPresent() ? remembered.get() : ask(token));
      } finally {
        limiter.leave();
      }
    } catch (RuntimeException e) {
      metrics.tokenReviewFailed();
      var problem = String.valueOf(e.getMessage());
      if (repeats.due(problem)) {
        LOG.warnf(
            "cannot check who calls: %s; is the API server up, and may this ServiceAccount create"
                + " tokenreviews and get pods?",
            problem);
      }
      return denied(DenyReason.API_UNAVAILABLE);
    }
  }

  /** Checks the token of one who was admitted, whatever the API server said a moment ago. */
  public Admission admitAnew(String token) {
    cache.forget(token);
    return admit(token, acquaintances, () -> true);
  }

  /** Whether the API server need not be asked. */
  private boolean answerable(Review review) {
    return !(review instanceof Review.PodBound bound) || pods.cached(bound.podUid()).isPresent();
  }

  private Review ask(String token) {
    var begin = clock.instant();
    var review = reviewer.review(token);
    metrics.tokenReviewed(Duration.between(begin, clock.instant()));
    cache.remember(token, review);
    return review;
  }

  private Admission judge(String token, Review review) {
    return switch (review) {
      case Review.Refused r -> denied(DenyReason.NOT_AUTHENTICATED);
      case Review.ForOthers r -> denied(DenyReason.WRONG_AUDIENCE);
      case Review.Unbound r -> denied(DenyReason.NOT_POD_BOUND);
      case Review.PodBound bound -> judge(token, bound);
    };
  }

  private Admission judge(String token, Review.PodBound bound) {
    var about = Optional.of(bound);
    var now = clock.instant();
    var expiry = TokenClaims.expiry(token).orElse(now.plus(LIFE_WITHOUT_EXPIRY));
    if (!expiry.isAfter(now)) {
      return new Admission.Denied(DenyReason.TOKEN_EXPIRED, about);
    }
    var pod = find(bound);
    if (pod.isEmpty()) {
      return new Admission.Denied(DenyReason.POD_UNKNOWN, about);
    }
    var problem = problem(pod.get());
    return problem.isPresent()
        ? new Admission.Denied(problem.get(), about)
        : new Admission.Admitted(pod.get(), bound.node(), earlier(expiry, now.plus(LONGEST_LIFE)));
  }

  private Optional<PodRecord> find(Review.PodBound bound) {
    var cached = pods.cached(bound.podUid());
    var found = cached.isPresent() ? cached : pods.live(bound.namespace(), bound.podName());
    return found.filter(pod ->
        pod.uid().equals(bound.podUid())
            && pod.namespace().equals(bound.namespace())
            && pod.name().equals(bound.podName())
            && pod.serviceAccount().equals(bound.serviceAccount()));
  }

  private static Optional<DenyReason> problem(PodRecord pod) {
    if (pod.finished()) {
      return Optional.of(DenyReason.POD_FINISHED);
    }
    if (!pod.injected()) {
      return Optional.of(DenyReason.POD_NOT_INJECTED);
    }
    return pod.hostNetwork() ? Optional.of(DenyReason.POD_ON_HOST_NETWORK) : Optional.empty();
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  private static Admission denied(DenyReason reason) {
    return new Admission.Denied(reason, Optional.empty());
  }
}
