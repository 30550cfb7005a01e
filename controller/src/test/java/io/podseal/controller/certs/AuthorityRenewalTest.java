package io.podseal.controller.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.podseal.controller.TestClock;
import io.podseal.controller.apiserver.MockApiServer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuthorityRenewalTest {
  private static final String NAMESPACE = "podseal-system";

  private final MockApiServer api = MockApiServer.start();
  private final TestClock clock = new TestClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final Leads leads = new Leads();
  private final AuthorityRenewal leader = replica();
  private final AuthorityRenewal standby = replica();

  /** A leader whose bundles are everywhere, or not. */
  private static final class Leads implements AuthorityRenewal.Leader {
    boolean distributed = true;

    @Override
    public boolean mayWrite() {
      return true;
    }

    @Override
    public boolean everywhere(String bundle) {
      return distributed;
    }
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void aRootIsReplacedAYearBeforeItExpires() {
    var old = leader.bundle();
    clock.advance(Duration.ofDays(3650 - 366));
    assertThat(look(leader)).isFalse();
    clock.advance(Duration.ofDays(1));
    assertThat(look(leader)).isTrue();
    assertThat(leader.bundle()).startsWith(old).isNotEqualTo(old);

    live(Duration.ofHours(3));

    assertThat(leader.bundle()).doesNotContain(old);
    assertThat(Duration.between(clock.instant(), leader.current().expiry()))
        .isGreaterThan(Duration.ofDays(3649));
    assertThat(standby.bundle()).isEqualTo(leader.bundle());
  }

  @Test
  void everyReplicaIssuesOnlyFromARootThatWasTrustedEverywhereForTheOverlap() {
    var changes = new ArrayList<String>();
    var trusted = new ArrayList<Instant>();
    request();
    while (changes.size() < 3) {
      var before = leader.bundle();
      var issuer = leader.current();
      live(AuthorityRenewal.POLL);
      assertThat(leader.bundle()).contains(standby.current().certificatePem());
      assertThat(standby.bundle()).contains(leader.current().certificatePem());
      if (!leader.bundle().equals(before)) {
        changes.add(leader.current().equals(issuer) ? "trust" : "issuer");
        trusted.add(clock.instant());
      }
    }

    assertThat(changes).containsExactly("trust", "issuer", "trust");
    for (int i = 1; i < trusted.size(); i++) {
      assertThat(Duration.between(trusted.get(i - 1), trusted.get(i)))
          .isBetween(AuthorityRenewal.OVERLAP, AuthorityRenewal.OVERLAP.plusMinutes(2));
    }
  }

  @Test
  void whileTheNewRootIsNotEverywhereNothingIsIssuedByIt() {
    var old = leader.current();
    request();
    live(Duration.ofMinutes(59));
    leads.distributed = false;
    live(Duration.ofHours(3));
    assertThat(leader.current()).isEqualTo(old);

    leads.distributed = true;
    live(Duration.ofMinutes(59));
    assertThat(leader.current()).as("the overlap counts anew").isEqualTo(old);
    live(Duration.ofMinutes(3));
    assertThat(leader.current()).isNotEqualTo(old);
  }

  @Test
  void aNewLeaderCountsTheOverlapAnew() {
    var old = leader.current();
    request();
    live(Duration.ofMinutes(59));
    var next = replica();
    for (int i = 0; i < 118; i++) {
      look(next);
      assertThat(next.current()).isEqualTo(old);
    }
    for (int i = 0; i < 4; i++) {
      look(next);
    }
    assertThat(next.current()).isNotEqualTo(old);
  }

  @Test
  void aRequestIsAnsweredOnce() {
    request();
    look(leader);
    assertThat(secret().get().getMetadata().getAnnotations()).isNullOrEmpty();
    live(Duration.ofHours(3));
    var settled = leader.bundle();
    live(Duration.ofHours(3));
    assertThat(leader.bundle()).isEqualTo(settled);
  }

  @Test
  void aRootThatSomebodyPutInPlaceOfOursIsIntroducedLikeANewOne() {
    var old = leader.current();
    secret().delete();
    var stranger = replica();

    look(leader);
    assertThat(leader.current()).isEqualTo(old);
    assertThat(leader.bundle())
        .isEqualTo(old.certificatePem() + stranger.current().certificatePem());

    live(Duration.ofHours(3));
    assertThat(leader.bundle()).isEqualTo(stranger.current().certificatePem());
    assertThat(standby.bundle()).isEqualTo(leader.bundle());
  }

  /** A leader that was frozen does not turn back what happened meanwhile. */
  @Test
  void whoMissedAWholeChangeAdoptsIt() {
    request();
    var late = replica();
    live(Duration.ofHours(3));
    late.follow(leads);
    assertThat(late.bundle()).isEqualTo(leader.bundle());
  }

  @Test
  void aSpoiltSecretIsSaidAndNotAdopted() {
    var before = leader.bundle();
    secret().edit(found -> new SecretBuilder(found).addToData("ca.crt", "!").build());
    assertThatExceptionOfType(AuthorityException.class)
        .isThrownBy(() -> look(leader))
        .withMessageContaining("ca.crt");
    assertThat(leader.bundle()).isEqualTo(before);
    assertThat(secret().get().getData()).containsEntry("ca.crt", "!");
  }

  @Test
  void anotherIssuerMeansAnotherCertificateAtOnce() {
    var serving =
        new ServingCertificate(
            leader::current, List.of("podseal-controller.podseal-system.svc"), clock);
    var first = serving.certificate();
    request();
    live(Duration.ofMinutes(30));
    assertThat(serving.renewIfDue()).as("only trusted").isFalse();
    live(Duration.ofMinutes(40));
    assertThat(serving.renewIfDue()).isTrue();
    assertThat(serving.certificate()).isNotEqualTo(first);
    assertThat(serving.renewIfDue()).isFalse();
  }

  private AuthorityRenewal replica() {
    return new AuthorityRenewal(api.client(), NAMESPACE, new SecureRandom(), clock).load();
  }

  private boolean look(AuthorityRenewal replica) {
    clock.advance(AuthorityRenewal.POLL);
    return replica.follow(leads);
  }

  /** Both replicas look as often as they do, for so long. */
  private void live(Duration time) {
    var end = clock.instant().plus(time);
    while (clock.instant().isBefore(end)) {
      look(leader);
      standby.follow(AuthorityRenewal.Leader.NONE);
    }
  }

  private void request() {
    secret()
        .edit(found ->
            new SecretBuilder(found)
                .editMetadata()
                .addToAnnotations(AuthoritySecret.RENEW, "now")
                .endMetadata()
                .build());
  }

  private Resource<Secret> secret() {
    return api.client().secrets().inNamespace(NAMESPACE).withName("podseal-ca");
  }
}
