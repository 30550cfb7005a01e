package io.podseal.controller.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.podseal.controller.TestClock;
import io.podseal.controller.apiserver.MockApiServer;
import io.podseal.controller.model.PodRecord;
import io.podseal.controller.obs.ControllerMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PodAuthenticatorTest {
  private static final PodRecord ORDERS =
      new PodRecord(
          "uid-1",
          "shop",
          "orders-0",
          "orders",
          Map.of(),
          List.of(),
          false,
          true,
          false,
          Instant.EPOCH);

  private final MockApiServer api = MockApiServer.start();
  private final TestClock clock = new TestClock(Instant.now());
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final ControllerMetrics metrics = new ControllerMetrics(registry, clock);
  private final Map<String, PodRecord> cache = new HashMap<>(Map.of("uid-1", ORDERS));
  private final Map<String, PodRecord> live = new HashMap<>();
  private final AtomicInteger liveLookups = new AtomicInteger();
  private final PodDirectory directory =
      new PodDirectory() {
        @Override
        public Optional<PodRecord> cached(String uid) {
          return Optional.ofNullable(cache.get(uid));
        }

        @Override
        public Optional<PodRecord> live(String namespace, String name) {
          liveLookups.incrementAndGet();
          return Optional.ofNullable(live.get(namespace + "/" + name));
        }
      };
  private final PodAuthenticator authenticator =
      authenticator(new KubernetesTokenReviewer(api.client()), PodAuthenticator.Limits.DEFAULT);

  private static final String SOURCE = "/10.0.0.7";

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void aPodIsLetInWithItsOwnToken() {
    assertThat(authenticator.admit(token("podseal"), SOURCE))
        .isInstanceOfSatisfying(
            Admission.Admitted.class,
            admitted -> {
              assertThat(admitted.pod()).isEqualTo(ORDERS);
              assertThat(Duration.between(clock.instant(), admitted.tokenExpiry()))
                  .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
            });
  }

  @Test
  void tokensOfOthersAreRefused() {
    assertThat(reason("")).isEqualTo(DenyReason.NO_TOKEN);
    assertThat(reason("a b")).isEqualTo(DenyReason.MALFORMED_TOKEN);
    assertThat(reason("x".repeat(9000))).isEqualTo(DenyReason.MALFORMED_TOKEN);
    assertThat(reason("foreign")).isEqualTo(DenyReason.NOT_AUTHENTICATED);
    assertThat(reason(token("vault"))).isEqualTo(DenyReason.NOT_AUTHENTICATED);
    assertThat(reason(api.mintToken("shop", "orders-0", "uid-1", "orders", Duration.ofSeconds(-1))))
        .isEqualTo(DenyReason.NOT_AUTHENTICATED);
  }

  @Test
  void aTokenMustFitItsPodInEveryPart() {
    for (var other :
        List.of(
            api.mintToken("shop", "orders-0", "uid-2", "orders", Duration.ofMinutes(1)),
            api.mintToken("shop", "orders-1", "uid-1", "orders", Duration.ofMinutes(1)),
            api.mintToken("mall", "orders-0", "uid-1", "orders", Duration.ofMinutes(1)),
            api.mintToken("shop", "orders-0", "uid-1", "admin", Duration.ofMinutes(1)))) {
      assertThat(reason(other)).isEqualTo(DenyReason.POD_UNKNOWN);
    }
  }

  @Test
  void anAnswerForAnotherAudienceOrWithoutPodIsNotEnough() {
    assertThat(
            ((Admission.Denied)
                    authenticator(t -> new Review.ForOthers(), PodAuthenticator.Limits.DEFAULT)
                        .admit("t", SOURCE))
                .reason())
        .isEqualTo(DenyReason.WRONG_AUDIENCE);
    assertThat(
            ((Admission.Denied)
                    authenticator(t -> new Review.Unbound(), PodAuthenticator.Limits.DEFAULT)
                        .admit("t", SOURCE))
                .reason())
        .isEqualTo(DenyReason.NOT_POD_BOUND);
  }

  @Test
  void aPodThatIsNewToUsIsLookedUpOnceAndADeletedOneRefused() {
    cache.clear();
    live.put("shop/orders-0", ORDERS);
    assertThat(authenticator.admit(token("podseal"), SOURCE))
        .isInstanceOf(Admission.Admitted.class);

    live.clear();
    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.POD_UNKNOWN);
    assertThat(liveLookups).hasValue(2);
  }

  @Test
  void aPodOfTheSameNameWithAnotherUidIsNotThePod() {
    cache.clear();
    live.put(
        "shop/orders-0",
        new PodRecord(
            "uid-9",
            "shop",
            "orders-0",
            "orders",
            Map.of(),
            List.of(),
            false,
            true,
            false,
            Instant.EPOCH));

    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.POD_UNKNOWN);
  }

  @Test
  void onlyRunningInjectedPodsOfTheirOwnNetworkAreLetIn() {
    put(false, true, true);
    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.POD_FINISHED);
    put(false, false, false);
    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.POD_NOT_INJECTED);
    put(true, true, false);
    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.POD_ON_HOST_NETWORK);
  }

  /** istio#29187: all sidecars come back at once. */
  @Test
  void istio29187_answersAreRememberedForSecondsButThePodIsCheckedEachTime() {
    var token = token("podseal");
    authenticator.admit(token, SOURCE);
    authenticator.admit(token, SOURCE);
    assertThat(api.tokenReviews()).isEqualTo(1);

    cache.clear();
    assertThat(reason(token)).isEqualTo(DenyReason.POD_UNKNOWN);
    assertThat(api.tokenReviews()).isEqualTo(1);

    cache.put("uid-1", ORDERS);
    clock.advance(ReviewCache.LIFE);
    authenticator.admit(token, SOURCE);
    assertThat(api.tokenReviews()).isEqualTo(2);

    authenticator.admitAnew(token);
    assertThat(api.tokenReviews()).isEqualTo(3);
  }

  @Test
  void anApiServerThatFailsIsNotARefusal() {
    api.failTokenReviews(true);

    assertThat(reason(token("podseal"))).isEqualTo(DenyReason.API_UNAVAILABLE);
    assertThat(DenyReason.API_UNAVAILABLE.kind()).isEqualTo(DenyReason.Kind.UNAVAILABLE);
    assertThat(registry.counter("podseal.tokenreview.errors").count()).isEqualTo(1);

    api.failTokenReviews(false);
    assertThat(authenticator.admit(token("podseal"), SOURCE))
        .isInstanceOf(Admission.Admitted.class);
  }

  /** istio#27945, istio#11673: TokenReviews of hundreds of pods throttle the API server. */
  @Test
  void istio27945_aFloodOfTokensReachesTheApiServerAtTheAllowedRate() {
    var asked = new AtomicInteger();
    var limited =
        authenticator(
            token -> {
              asked.incrementAndGet();
              return new Review.Refused();
            },
            new PodAuthenticator.Limits(4, 2, 3, 1000, 1000));

    for (int i = 0; i < 100; i++) {
      limited.admit("token-" + i, SOURCE);
    }
    assertThat(asked).hasValue(3);

    clock.advance(Duration.ofSeconds(1));
    for (int i = 0; i < 100; i++) {
      limited.admit("later-" + i, SOURCE);
    }
    assertThat(asked).hasValue(5);
  }

  @Test
  void oneAddressDoesNotUseUpWhatIsForAll() {
    var asked = new AtomicInteger();
    var limited =
        authenticator(
            token -> {
              asked.incrementAndGet();
              return new Review.Refused();
            },
            new PodAuthenticator.Limits(4, 1000, 1000, 1, 5));

    for (int i = 0; i < 100; i++) {
      limited.admit("token-" + i, "/10.0.0.66");
    }
    assertThat(asked).hasValue(5);
    limited.admit("another", "/10.0.0.7");
    assertThat(asked).hasValue(6);

    clock.advance(Duration.ofSeconds(2));
    for (int i = 0; i < 100; i++) {
      limited.admit("later-" + i, "/10.0.0.66");
    }
    assertThat(asked).hasValue(8);
  }

  /** Those who are in already must not have to leave because of those who knock. */
  @Test
  void aFloodFromManyAddressesDoesNotKeepAnOpenStreamFromItsReview() {
    var limited =
        authenticator(
            new KubernetesTokenReviewer(api.client()), new PodAuthenticator.Limits(4, 1, 10, 1, 1));
    var token = token("podseal");
    assertThat(limited.admit(token, SOURCE)).isInstanceOf(Admission.Admitted.class);
    for (int i = 0; i < 100; i++) {
      limited.admit("token-" + i, "/10.0.1." + i);
    }
    assertThat(((Admission.Denied) limited.admit("one-more", "/10.0.2.1")).reason())
        .isEqualTo(DenyReason.THROTTLED);

    assertThat(limited.admitAnew(token)).isInstanceOf(Admission.Admitted.class);
  }

  @Test
  void onlySoManyTokensAreReviewedAtATime() throws InterruptedException {
    var inside = new CountDownLatch(2);
    var release = new CountDownLatch(1);
    var limited =
        authenticator(
            token -> {
              inside.countDown();
              try {
                release.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return new Review.Refused();
            },
            new PodAuthenticator.Limits(2, 1000, 1000, 1000, 1000));
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      callers.execute(() -> limited.admit("one", SOURCE));
      callers.execute(() -> limited.admit("two", SOURCE));
      inside.await();

      assertThat(((Admission.Denied) limited.admit("three", SOURCE)).reason())
          .isEqualTo(DenyReason.THROTTLED);
      release.countDown();
    }
  }

  @Test
  void theExpiryIsReadFromTheTokenAndBounded() {
    assertThat(TokenClaims.expiry("a.eyJleHAiOjE3MDAwMDAwMDB9.c"))
        .contains(Instant.ofEpochSecond(1_700_000_000));
    for (var odd : List.of("", "a.b", "a.!.c", "a.eyJleHAiOiJ4In0.c", "a.W10.c", "a..c")) {
      assertThat(TokenClaims.expiry(odd)).isEmpty();
    }
    var longLived = api.mintToken("shop", "orders-0", "uid-1", "orders", Duration.ofDays(365));
    assertThat(((Admission.Admitted) authenticator.admit(longLived, SOURCE)).tokenExpiry())
        .isEqualTo(clock.instant().plus(Duration.ofHours(24)));
  }

  private void put(boolean hostNetwork, boolean injected, boolean finished) {
    cache.put(
        "uid-1",
        new PodRecord(
            "uid-1",
            "shop",
            "orders-0",
            "orders",
            Map.of(),
            List.of(),
            hostNetwork,
            injected,
            finished,
            Instant.EPOCH));
  }

  private String token(String audience) {
    return api.mintToken("shop", "orders-0", "uid-1", "orders", Duration.ofMinutes(10), audience);
  }

  private DenyReason reason(String token) {
    return ((Admission.Denied) authenticator.admit(token, SOURCE)).reason();
  }

  private PodAuthenticator authenticator(TokenReviewer reviewer, PodAuthenticator.Limits limits) {
    return new PodAuthenticator(reviewer, directory, limits, metrics, clock);
  }
}
