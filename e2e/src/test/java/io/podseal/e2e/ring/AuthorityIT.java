package io.podseal.e2e.ring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.podseal.controller.AuditLines;
import io.podseal.e2e.lab.Command;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The certificate authority changes while sidecars run: the kubelet refreshes what is mounted into
 * them, and they follow. The overlaps of an hour are cut short here, by writing the Secret as the
 * leader would after each.
 */
@Tag("cluster")
class AuthorityIT {
  private static final String SECRET = "podseal-ca";
  private static final String CERTIFICATE = "ca.crt";
  private static final String KEY = "ca.key";

  private final Ring ring = Ring.ready();
  private final Traffic traffic = new Traffic(ring);
  private String namespace = "";

  @BeforeEach
  void open() {
    namespace = ring.sealedPair("authority");
  }

  @AfterEach
  void close() {
    ring.drop(namespace);
  }

  /** linkerd2#4287: a change of the authority is an outage. */
  @Test
  void linkerd4287_runningSidecarsFollowANewRootAndForgetTheOldOne() {
    var orders = ring.pod(namespace, "orders");
    var postgres = ring.pod(namespace, "postgres");
    traffic.awaitPage(orders, postgres);
    var old = entry(secret(), CERTIFICATE);
    assertThat(mounted(orders)).isEqualTo(old);

    long asked = System.nanoTime();
    ring.kubectl("annotate", "secret", SECRET, "podseal.io/renew=now", "-n", Ring.SYSTEM).must();
    awaitMounted(orders, 2);
    Timings.print(
        "new authority asked for, until both roots are in a running sidecar",
        Duration.ofNanos(System.nanoTime() - asked));
    var introducing = secret();
    var next = entry(introducing, "next.crt");
    assertThat(mounted(orders)).isEqualTo(old + next);
    assertThat(leaderTrustedBy(old)).isTrue();

    write(
        new SecretBuilder(introducing)
            .addToData(CERTIFICATE, introducing.getData().get("next.crt"))
            .addToData(KEY, introducing.getData().get("next.key"))
            .addToData("previous.crt", introducing.getData().get(CERTIFICATE))
            .removeFromData("next.crt")
            .removeFromData("next.key")
            .build());
    Awaitility.await("the new root issues")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> leaderTrustedBy(next));
    assertThat(leaderTrustedBy(old)).isFalse();
    assertThat(mounted(orders)).contains(old, next);
    streamComesBack(orders);

    write(new SecretBuilder(secret()).removeFromData("previous.crt").build());
    awaitMounted(orders, 1);
    assertThat(mounted(orders)).isEqualTo(next);
    streamComesBack(orders);

    // The API server trusts the webhook by the new root alone, and a new pod knows no other.
    ring.kubectl("scale", "deployment/postgres", "--replicas=2", "-n", namespace).must();
    for (Pod backend : ring.pods(namespace, "postgres", 2)) {
      traffic.awaitPage(orders, backend);
      traffic.assertSealed(orders, backend);
    }
  }

  /** Another replica leads, and the sidecar of {@code pod} finds and trusts it. */
  private void streamComesBack(Pod pod) {
    var before = ring.leader().orElseThrow();
    ring.client().pods().inNamespace(Ring.SYSTEM).withName(before).delete();
    Awaitility.await("a stream to another leader")
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            ring
                .leader()
                .filter(now -> !now.equals(before))
                .map(now -> ring.client().pods().inNamespace(Ring.SYSTEM).withName(now).getLog())
                .map(log -> AuditLines.in(log, AuditLines.OPENED))
                .orElseGet(List::of)
                .stream()
                .anyMatch(line -> line.group("uid").equals(pod.getMetadata().getUid())));
    Awaitility.await("two controllers")
        .atMost(Duration.ofSeconds(60))
        .until(() -> ring.controllers().size() == 2);
  }

  /** Whether the certificate that the leader shows to sidecars is issued by {@code root}. */
  private boolean leaderTrustedBy(String root) {
    var leader =
        ring.client().pods().inNamespace(Ring.SYSTEM).withName(ring.leader().orElseThrow()).get();
    var host = "podseal-controller.podseal-system.svc";
    var result =
        Command.of(
                "curl",
                "-sS",
                "--max-time",
                "5",
                "--http2-prior-knowledge",
                "--cacert",
                ring.keep("root.crt", root).toString(),
                "--resolve",
                host + ":9443:" + leader.getStatus().getPodIP(),
                "https://" + host + ":9443/")
            .run();
    // 60: the certificate is not trusted.
    assertThat(result.exit()).as("%s", result).isIn(0, 60);
    return result.exit() == 0;
  }

  private void awaitMounted(Pod pod, int roots) {
    Awaitility.await(roots + " roots in the sidecar")
        .atMost(Duration.ofSeconds(120))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> mounted(pod).split("BEGIN CERTIFICATE", -1).length == roots + 1);
  }

  private static String mounted(Pod pod) {
    return Node.mounted(pod, "podseal-ca", CERTIFICATE);
  }

  private Secret secret() {
    return ring.client().secrets().inNamespace(Ring.SYSTEM).withName(SECRET).get();
  }

  private void write(Secret secret) {
    ring.client().resource(secret).update();
  }

  private static String entry(Secret secret, String name) {
    return new String(
        Base64.getDecoder().decode(secret.getData().get(name)), StandardCharsets.US_ASCII);
  }
}
