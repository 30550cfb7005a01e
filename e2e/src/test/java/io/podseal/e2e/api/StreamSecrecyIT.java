package io.podseal.e2e.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.podseal.controller.TestSidecar;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the controller sends to one sidecar, searched for what belongs to others. */
@Tag("api")
@ExtendWith(Api.class)
class StreamSecrecyIT {
  private static final HexFormat HEX = HexFormat.of();

  private final LiveController controller = Api.controller();
  private final String namespace = controller.namespace();
  private final String elsewhere = controller.namespace();
  private final TestSidecar orders = sidecar(namespace, "orders");
  private final TestSidecar db = sidecar(namespace, "db");
  private final TestSidecar web = sidecar(namespace, "web");
  private final TestSidecar stranger = sidecar(elsewhere, "db");

  private TestSidecar sidecar(String where, String app) {
    return controller.connect(controller.pod(where, app, app));
  }

  @AfterEach
  void close() {
    List.of(orders, db, web, stranger).forEach(TestSidecar::close);
  }

  @Test
  void noStreamCarriesTheKeyOfAPairOfOthersNorTheirCrashSecretNorAMasterKey() {
    controller.peering(namespace, "orders-to-db", "orders", "db");
    controller.peering(namespace, "web-to-db", "web", "db");
    await().until(() -> db.peers().size() == 2);
    await().until(() -> orders.peers().size() == 1 && web.peers().size() == 1);
    await().until(() -> !stranger.updates().isEmpty());
    var ofOrders = key(orders);
    var ofWeb = key(web);

    assertThat(ofOrders).isNotEqualTo(ofWeb);
    assertThat(everythingTo(db)).contains(ofOrders, ofWeb);
    assertThat(everythingTo(orders)).contains(ofOrders).doesNotContain(ofWeb);
    assertThat(everythingTo(web)).contains(ofWeb).doesNotContain(ofOrders);
    assertThat(everythingTo(stranger)).doesNotContain(ofOrders, ofWeb);
    var all = List.of(orders, db, web, stranger);
    for (var sidecar : all) {
      var crashSecret = hex(sidecar.self().getCrashSecret());
      assertThat(crashSecret).hasSizeGreaterThanOrEqualTo(32);
      assertThat(all)
          .filteredOn(other -> everythingTo(other).contains(crashSecret))
          .containsExactly(sidecar);
    }
    var masters =
        Api.client()
            .secrets()
            .inNamespace(LiveController.NAMESPACE)
            .withName("podseal-master")
            .get()
            .getData();
    assertThat(masters).isNotEmpty();
    for (var master : masters.values()) {
      var octets = HEX.formatHex(Base64.getDecoder().decode(master));
      assertThat(all).noneMatch(sidecar -> everythingTo(sidecar).contains(octets));
    }
  }

  /** The key of the only peer. */
  private static String key(TestSidecar sidecar) {
    return hex(sidecar.peers().values().iterator().next().getKeys(0).getSecret());
  }

  private static String everythingTo(TestSidecar sidecar) {
    var all = new StringBuilder();
    sidecar.updates().forEach(update -> all.append(hex(update.toByteString())));
    return all.toString();
  }

  private static String hex(ByteString octets) {
    return HEX.formatHex(octets.toByteArray());
  }
}
