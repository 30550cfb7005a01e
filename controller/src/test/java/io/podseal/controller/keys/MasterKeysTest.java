package io.podseal.controller.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.podseal.controller.TestClock;
import io.podseal.controller.apiserver.MockApiServer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MasterKeysTest {
  private static final String NAMESPACE = "podseal-system";

  private static final String POD = "shop/orders";

  private final TestClock clock = new TestClock(Instant.parse("2026-01-01T00:00:00Z"));
  private final MockApiServer api = MockApiServer.start();
  private final List<String> losses = new ArrayList<>();
  private final KeyRing ring = new KeyRing("cluster.local");
  private final MasterKeys keys = controller(ring);

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void theFirstStartMakesEpochOne() {
    keys.load();

    assertThat(ring.epochs()).containsExactly(1);
    assertThat(losses).isEmpty();
    assertThat(secret().getData()).containsOnlyKeys("epoch-1");
    assertThat(Base64.getDecoder().decode(secret().getData().get("epoch-1"))).hasSize(32);
  }

  @Test
  void laterStartsAndOtherReplicasReadTheSameKey() {
    keys.load();
    var other = new KeyRing("cluster.local");
    controller(other).load();

    assertThat(other.pairKey(1, "a", "b")).isEqualTo(ring.pairKey(1, "b", "a"));
  }

  @Test
  void aLostSecretMeansAHigherEpochAndIsSaid() {
    keys.load();
    var before = secret().getData().get("epoch-1");
    api.client().resource(secret()).delete();

    var restarted = new KeyRing("cluster.local");
    controller(restarted).load();

    assertThat(restarted.epochs()).containsExactly(2);
    assertThat(losses).singleElement().asString().startsWith("2: ").contains("is gone");
    assertThat(secret().getData()).containsOnlyKeys("epoch-2").doesNotContainValue(before);
  }

  @Test
  void aRolledBackSecretMeansAHigherEpochToo() {
    keys.load();
    var old = secret();
    keys.report(4, POD);
    keys.settle();
    assertThat(ring.epochs()).containsExactly(5);
    losses.clear();
    api.client().resource(secret()).delete();
    old.getMetadata().setResourceVersion(null);
    api.client().resource(old).create();

    var restarted = new KeyRing("cluster.local");
    controller(restarted).load();

    assertThat(restarted.epochs()).containsExactly(6);
    assertThat(losses).singleElement().asString().contains("is older than epoch 5");
  }

  @Test
  void aSidecarThatKnowsMoreThanWeDoLiftsTheEpochAboveIt() {
    keys.load();

    assertThat(keys.report(1, POD)).as("what we hold needs nothing").isFalse();
    assertThat(keys.report(7, POD)).isTrue();
    keys.settle();

    assertThat(ring.epochs()).containsExactly(8);
    assertThat(keys.report(7, POD)).isFalse();
    assertThat(losses).singleElement().asString().startsWith("8: ").contains(POD, "epoch 7");
    keys.settle();
    assertThat(losses).as("settled once").hasSize(1);
  }

  @Test
  void whatAnotherReplicaAlreadyWroteIsAdoptedAndNotReplaced() {
    keys.load();
    var otherRing = new KeyRing("cluster.local");
    var other = controller(otherRing);
    other.load();
    other.report(7, POD);
    other.settle();
    losses.clear();

    keys.report(7, POD);
    keys.settle();

    assertThat(losses).isEmpty();
    assertThat(ring.epochs()).containsExactly(8);
    assertThat(ring.pairKey(8, "a", "b")).isEqualTo(otherRing.pairKey(8, "a", "b"));
  }

  @Test
  void anAbsurdEpochIsNotBelieved() {
    keys.load();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keys.report(MasterKeys.MAX_EPOCH + 1, POD));
  }

  @Test
  void theHighestEpochThatIsBelievedLocksNobodyOut() {
    keys.load();
    keys.report(MasterKeys.MAX_EPOCH, POD);
    keys.settle();

    assertThat(ring.epochs()).containsExactly(MasterKeys.MAX_EPOCH + 1);
    assertThat(keys.isCredible(MasterKeys.MAX_EPOCH + 1)).as("what we gave out ourselves").isTrue();
    assertThat(keys.isCredible(MasterKeys.MAX_EPOCH + 2)).isFalse();
  }

  @Test
  void whoKnowsMoreThanTheFirstToReportIsServedSoon() {
    keys.load();
    keys.report(3, POD);
    keys.settle();
    keys.report(9, "shop/other");
    clock.advance(MasterKeys.FIRST_PAUSE.minusNanos(1));
    assertThat(keys.isBehind()).isFalse();
    keys.settle();
    assertThat(ring.epochs()).containsExactly(4);

    clock.advance(Duration.ofNanos(1));
    assertThat(keys.isBehind()).isTrue();
    keys.settle();
    assertThat(ring.epochs()).containsExactly(10);
  }

  @Test
  void oneSidecarDoesNotReplaceTheKeysOfAllOverAndOver() {
    keys.load();
    var begun = clock.instant();
    while (clock.instant().isBefore(begun.plus(Duration.ofDays(1)))) {
      keys.report(ring.newestEpoch() + 1, POD);
      keys.settle();
      clock.advance(Duration.ofSeconds(1));
    }

    assertThat(losses).hasSizeLessThan(160);
  }

  @Test
  void aDamagedSecretIsNeverOverwritten() {
    var damaged =
        new SecretBuilder()
            .withNewMetadata()
            .withName("podseal-master")
            .withNamespace(NAMESPACE)
            .endMetadata()
            .addToData("epoch-1", Base64.getEncoder().encodeToString(new byte[5]))
            .build();
    api.client().resource(damaged).create();

    assertThatExceptionOfType(KeyStoreException.class)
        .isThrownBy(keys::load)
        .withMessageContaining("podseal-system/podseal-master")
        .withMessageContaining("restore it from a backup");
    assertThat(secret().getData()).isEqualTo(damaged.getData());
  }

  @Test
  void ofManyEpochsTheTwoNewestAreInForce() {
    var builder =
        new SecretBuilder()
            .withNewMetadata()
            .withName("podseal-master")
            .withNamespace(NAMESPACE)
            .endMetadata();
    for (int epoch = 8; epoch <= 11; epoch++) {
      builder.addToData("epoch-" + epoch, Base64.getEncoder().encodeToString(new byte[32]));
    }
    api.client().resource(builder.build()).create();

    keys.load();

    assertThat(ring.epochs()).containsExactly(11, 10);
  }

  @Test
  void aReplacedMasterIsZeroed() {
    var octets = new byte[32];
    new SecureRandom().nextBytes(octets);
    ring.install(List.of(new MasterKey(1, SecretOctets.adopt(octets))));

    ring.install(List.of(new MasterKey(2, SecretOctets.adopt(new byte[32]))));

    assertThat(octets).containsOnly(0);
    assertThatIllegalArgumentException().isThrownBy(() -> ring.pairKey(1, "a", "b"));
  }

  @Test
  void aNewerKeyInitiatesOnlyAfterBothAcknowledgedIt() {
    assertThat(KeyRing.mayInitiate(1, List.of(1), () -> false)).isTrue();
    assertThat(KeyRing.mayInitiate(1, List.of(2, 1), () -> false)).isTrue();
    assertThat(KeyRing.mayInitiate(2, List.of(2, 1), () -> false)).isFalse();
    assertThat(KeyRing.mayInitiate(2, List.of(2, 1), () -> true)).isTrue();
  }

  @Test
  void secretsDoNotPrint() {
    var octets = new byte[32];
    java.util.Arrays.fill(octets, (byte) 65);
    var secret = SecretOctets.adopt(octets);

    assertThat(secret).hasToString("SecretOctets[32]");
    assertThat(new MasterKey(1, secret).toString()).doesNotContain("AAAA").doesNotContain("4141");
  }

  private Secret secret() {
    return api.client().secrets().inNamespace(NAMESPACE).withName("podseal-master").get();
  }

  private MasterKeys controller(KeyRing keyRing) {
    return new MasterKeys(
        api.client(),
        NAMESPACE,
        keyRing,
        new SecureRandom(),
        clock,
        (epoch, why) -> losses.add(epoch + ": " + why));
  }
}
