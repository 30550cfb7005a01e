package io.podseal.sidecar.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.control.v1.LiveSa;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.PresharedKey;
import io.podseal.control.v1.SaReport;
import io.podseal.control.v1.SidecarMessage;
import io.podseal.sidecar.lab.BufferLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(BufferLeaks.class)
class ControlClientTest {
  @TempDir private Path directory = Path.of("");
  private final BlockingQueue<PolicyUpdate> policies = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> troubles = new LinkedBlockingQueue<>();
  private volatile String refusal = "";
  private TestController controller;
  private Path token;

  private final ControlListener listener =
      new ControlListener() {
        @Override
        public void policy(PolicyUpdate update) {
          policies.add(update);
          if (!refusal.isEmpty()) {
            throw new IllegalStateException(refusal);
          }
        }

        @Override
        public void connected() {}

        @Override
        public void disconnected(String why) {
          troubles.add(why);
        }
      };

  @BeforeEach
  void startController() throws Exception {
    controller = new TestController(directory, "good");
    token = directory.resolve("token");
    Files.writeString(token, "good\n");
  }

  @AfterEach
  void stopController() {
    controller.close();
  }

  private ControlClient client(String serverName, Path caFile) {
    return new ControlClient(
        new ControllerAddress("127.0.0.1", controller.port(), serverName, caFile, token),
        "test",
        "userspace",
        listener);
  }

  private ControlClient start() {
    ControlClient client = client(TestController.NAME, controller.caFile);
    client.start();
    return client;
  }

  private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T value = queue.poll(10, TimeUnit.SECONDS);
    assertThat(value).isNotNull();
    return value;
  }

  @Test
  void theFirstMessageIsHelloAndThenTheLiveSas() throws Exception {
    try (ControlClient client = start()) {
      assertThat(next(controller.received).getHello().getDataPlane()).isEqualTo("userspace");
      assertThat(next(controller.received).hasSaReport()).isTrue();
      client.report(SaReport.newBuilder().addSas(LiveSa.newBuilder().setEpoch(7)).build());
      assertThat(next(controller.received).getSaReport().getSas(0).getEpoch()).isEqualTo(7);
    }
  }

  @Test
  void aPolicyIsAcknowledgedOnceItIsInForce() throws Exception {
    try (ControlClient _ = start()) {
      next(controller.streams)
          .onNext(TestController.policy(PolicyUpdate.newBuilder().setRevision(3).setFull(true)));
      assertThat(next(policies).getRevision()).isEqualTo(3);
      SidecarMessage ack = nextAck();
      assertThat(ack.getAck().getRevision()).isEqualTo(3);
      assertThat(ack.getAck().getError()).isEmpty();
    }
  }

  private SidecarMessage nextAck() throws InterruptedException {
    SidecarMessage message = next(controller.received);
    while (!message.hasAck()) {
      message = next(controller.received);
    }
    return message;
  }

  @Test
  void aPolicyThatCannotBePutInForceIsRefusedWithTheReasonAndAskedForAgain() throws Exception {
    refusal = "nft is missing";
    try (ControlClient _ = start()) {
      next(controller.streams)
          .onNext(TestController.policy(PolicyUpdate.newBuilder().setRevision(1).setFull(true)));
      assertThat(nextAck().getAck().getError()).isEqualTo("nft is missing");
      assertThat(next(troubles)).contains("nft is missing");
      assertThat(next(controller.streams)).isNotNull();
    }
  }

  @Test
  void aNewStreamTellsTheHighestEpochThatWasSeen() throws Exception {
    try (ControlClient _ = start()) {
      var stream = next(controller.streams);
      assertThat(next(controller.received).getHello().getHighestEpoch()).isZero();
      stream.onNext(
          TestController.policy(
              PolicyUpdate.newBuilder()
                  .setRevision(1)
                  .setFull(true)
                  .addPeers(Peer.newBuilder().addKeys(PresharedKey.newBuilder().setEpoch(5)))));
      nextAck();
      stream.onCompleted();
      next(controller.streams);
      SidecarMessage message = next(controller.received);
      while (!message.hasHello()) {
        message = next(controller.received);
      }
      assertThat(message.getHello().getHighestEpoch()).isEqualTo(5);
    }
  }

  @Test
  void aRefusedTokenIsSaidInOneLineAndTheRenewedTokenIsUsed() throws Exception {
    Files.writeString(token, "expired");
    try (ControlClient _ = start()) {
      assertThat(next(troubles)).contains("refuses this pod's token");
      Files.writeString(token, "good");
      assertThat(next(controller.streams)).isNotNull();
    }
  }

  @Test
  void theTokenIsNeverSentToAServerWithAnotherName() throws Exception {
    try (ControlClient client = client("someone-else.svc", controller.caFile)) {
      client.start();
      assertThat(next(troubles)).contains("cannot reach the controller");
      assertThat(controller.tokens).isEmpty();
    }
  }

  @Test
  void theTokenIsNeverSentToAServerThatAnotherCaSigned() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    try (TestController stranger = new TestController(other, "good");
        ControlClient client = client(TestController.NAME, stranger.caFile)) {
      client.start();
      assertThat(next(troubles)).contains("cannot reach the controller");
      assertThat(controller.tokens).isEmpty();
    }
  }

  /**
   * linkerd2#4287: roots that were read once, at the start, need a restart of every pod to change.
   */
  @Test
  void linkerd4287_theMountedRootsAreReadAnewForEachConnection() throws Exception {
    Path mounted = Files.copy(controller.caFile, directory.resolve("mounted.crt"));
    Path other = Files.createDirectory(directory.resolve("other"));
    try (TestController stranger = new TestController(other, "good");
        ControlClient client = client(TestController.NAME, mounted)) {
      client.start();
      var stream = next(controller.streams);
      String old = Files.readString(controller.caFile);
      String young = Files.readString(stranger.caFile);

      Files.writeString(mounted, young);
      stream.onCompleted();
      assertThat(next(troubles)).contains("the controller closed the stream");
      assertThat(next(troubles)).as("the old root is gone").contains("cannot reach");

      Files.writeString(mounted, young + old);
      next(controller.streams).onCompleted();
      Files.writeString(mounted, old + young);
      assertThat(next(controller.streams)).isNotNull();
    }
  }

  @Test
  void aMissingTokenOrCaIsSaidInOneLine() throws Exception {
    try (ControlClient client =
        client(TestController.NAME, directory.resolve("nothing-here.crt"))) {
      client.start();
      assertThat(next(troubles)).contains("nothing-here.crt").contains("mounted");
    }
  }
}
