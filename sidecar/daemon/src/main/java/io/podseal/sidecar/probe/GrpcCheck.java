package io.podseal.sidecar.probe;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.podseal.control.health.v1.HealthCheckRequest;
import io.podseal.control.health.v1.HealthCheckResponse;
import io.podseal.control.health.v1.HealthGrpc;

/** Asks {@code grpc.health.v1.Health/Check}; SERVING alone is a success. */
final class GrpcCheck {
  private GrpcCheck() {}

  static void start(Attempt attempt, Handler.Grpc grpc) {
    Targets.find(
        attempt,
        grpc.host(),
        grpc.port(),
        address -> {
          ManagedChannel channel =
              NettyChannelBuilder.forAddress(address)
                  .usePlaintext()
                  .eventLoopGroup(attempt.loop())
                  .channelType(NioSocketChannel.class)
                  .directExecutor()
                  .userAgent(HttpCheck.USER_AGENT)
                  .build();
          var _ = attempt.outcome().whenComplete((_, _) -> channel.shutdownNow());
          HealthGrpc.newStub(channel)
              .check(
                  HealthCheckRequest.newBuilder().setService(grpc.service()).build(),
                  answer(attempt));
        });
  }

  private static StreamObserver<HealthCheckResponse> answer(Attempt attempt) {
    return new StreamObserver<>() {
      @Override
      public void onNext(HealthCheckResponse response) {
        if (response.getStatus() == HealthCheckResponse.ServingStatus.SERVING) {
          attempt.succeed();
        } else {
          attempt.fail("gRPC health is " + response.getStatus());
        }
      }

      @Override
      public void onError(Throwable cause) {
        attempt.fail(cause);
      }

      @Override
      public void onCompleted() {
        attempt.fail("gRPC health ended without an answer");
      }
    };
  }
}
