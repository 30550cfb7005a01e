package io.podseal.controller;

import static io.podseal.controller.ControllerFixture.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.grpc.Status;
import io.podseal.control.v1.CryptoProfile;
import io.podseal.control.v1.Mode;
import io.podseal.control.v1.PortRule;
import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.PortSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControllerTest {
  private final ControllerFixture fixture = new ControllerFixture();

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void twoSidecarsGetTheSameKeyForTheirPairAndNothingElse() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    var web = fixture.pod("web-0", "web", "10.0.0.3");
    fixture.peering("orders-to-db", "orders", "db", new PortSpec("TCP", 5432, null));
    fixture.peering("web-to-db", "web", "db");
    var atOrders = fixture.sidecar(orders);
    var atDb = fixture.sidecar(db);
    var atWeb = fixture.sidecar(web);

    await()
        .untilAsserted(() -> {
          assertThat(atOrders.peers()).containsOnlyKeys(identity(db));
          assertThat(atDb.peers()).containsOnlyKeys(identity(orders), identity(web));
          assertThat(atWeb.peers()).containsOnlyKeys(identity(db));
        });
    var fromOrders = atOrders.peer(identity(db));
    var fromDb = atDb.peer(identity(orders));
    assertThat(fromOrders.getKeysList()).hasSize(1).isEqualTo(fromDb.getKeysList());
    assertThat(fromOrders.getKeys(0).getEpoch()).isEqualTo(1);
    assertThat(fromOrders.getKeys(0).getSecret().size()).isEqualTo(32);
    assertThat(fromOrders.getKeys(0).getSecret().toByteArray()).isNotEqualTo(new byte[32]);
    assertThat(fromOrders.getKeys(0).getMayInitiate()).isTrue();
    assertThat(atWeb.peer(identity(db)).getKeys(0).getSecret())
        .isNotEqualTo(fromOrders.getKeys(0).getSecret());
    assertThat(fromDb.getMode()).isEqualTo(Mode.MODE_STRICT);
    assertThat(fromDb.getIngressList())
        .containsExactly(PortRule.newBuilder().setProtocol(6).setPort(5432).build());
    assertThat(fromOrders.getIngressList()).isEmpty();
    assertThat(fromDb.getProfile().getEncryptionList())
        .containsExactly("aes256gcm16", "aes128gcm16");
    assertThat(fromDb.getProfile().getChildLifetimeSeconds()).isEqualTo(3600);
    assertThat(atDb.self().getIdentity()).isEqualTo(identity(db));
    assertThat(atDb.self().getAddressesList()).containsExactly("10.0.0.2");
    assertThat(atDb.self().getStrictPortsList()).containsExactly(PortRule.getDefaultInstance());
  }

  @Test
  void whatAProfileNamesReachesTheSidecarsInItsOrder() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.profile(
        "default",
        new CryptoProfileSpec(
            List.of("aes256", "chacha20poly1305"),
            "30m",
            null,
            null,
            List.of("sha512", "sha384"),
            List.of("prfsha384"),
            List.of("ecp384", "modp3072"),
            List.of("mlkem1024", "mlkem768")));
    fixture.peering("p", "orders", "db");

    var atOrders = fixture.sidecar(orders);

    await().untilAsserted(() -> assertThat(atOrders.peers()).containsOnlyKeys(identity(db)));
    assertThat(atOrders.peer(identity(db)).getProfile())
        .isEqualTo(
            CryptoProfile.newBuilder()
                .setName("default")
                .addAllEncryption(List.of("aes256", "chacha20poly1305"))
                .setChildLifetimeSeconds(1_800)
                .setIkeLifetimeSeconds(14_400)
                .setLivenessSeconds(30)
                .addAllIntegrity(List.of("sha512", "sha384"))
                .addPrf("prfsha384")
                .addAllKeyExchange(List.of("ecp384", "modp3072"))
                .addAllAdditionalKeyExchange(List.of("mlkem1024", "mlkem768"))
                .build());
  }

  @Test
  void aRestartedControllerDerivesTheSameKeys() {
    var orders = fixture.pod("orders-0", "orders", "10.0.0.1");
    var db = fixture.pod("db-0", "db", "10.0.0.2");
    fixture.peering("p", "orders", "db");
    var before = fixture.sidecar(orders);
    await().until(() -> before.peers().size() == 1);

    fixture.restart();

    await().until(() -> before.ended() != null);
    assertThat(before.ended()).extracting(Status::getCode).isEqualTo(Status.Code.UNAVAILABLE);
    var after = fixture.sidecar(orders);
    await().until(() -> after.peers().size() == 1);
    assertThat(after.peer(identity(db))).isEqualTo(before.peer(identity(db)));
  }

  @Test
  void aNamespaceThatOptsInGetsTheRootAndKeepsIt() {
    fixture.namespace("shop", Map.of("podseal.io/inject", "true"));
    fixture.namespace("mall", Map.of());
    var root = fixture.rootCertificate();
    await().untilAsserted(() -> assertThat(fixture.bundle("shop")).isEqualTo(root));

    fixture
        .api
        .client()
        .configMaps()
        .inNamespace("shop")
        .withName("podseal-ca")
        .edit(map -> new ConfigMapBuilder(map).addToData("ca.crt", "forged").build());
    await().untilAsserted(() -> assertThat(fixture.bundle("shop")).isEqualTo(root));

    fixture.api.client().configMaps().inNamespace("shop").withName("podseal-ca").delete();
    await().untilAsserted(() -> assertThat(fixture.bundle("shop")).isEqualTo(root));
    assertThat(fixture.bundle("mall")).isEmpty();
  }
}
