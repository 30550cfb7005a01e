package io.podseal.sidecar.probe;

import io.grpc.CallOptions;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.podseal.control.health.v1.HealthCheckRequest;
import io.podseal.control.health.v1.HealthCheckResponse;
import io.podseal.control.health.v1.HealthGrpc;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** {@code grpc.health.v1.Health/Check} in clear text: SERVING is the one success. */
final class GrpcAttempt implements Attempt {
  private final String service;

  GrpcAttempt(String service) {
    this.service = service;
  }

  @Override
  public void begin(EventLoop loop, InetSocketAddress address, CompletableFuture<Outcome> outcome) {
    var channel =
        NettyChannelBuilder.forAddress(address)
            .eventLoopGroup(loop)
            .channelType(NioSocketChannel.class)
            .directExecutor()
            .usePlaintext()
            .build();
    var _ =
        outcome.whenComplete((result, failure) -> {
          var _ = channel.shutdownNow();
        });
    ClientCalls.asyncUnaryCall(
        channel.newCall(HealthGrpc.getCheckMethod(), CallOptions.DEFAULT),
        HealthCheckRequest.newBuilder().setService(service).build(),
        new Answer(outcome));
  }

  private record Answer(CompletableFuture<Outcome> outcome)
      implements StreamObserver<HealthCheckResponse> {
    @Override
    public void onNext(HealthCheckResponse response) {
      outcome.complete(
          response.getStatus() == HealthCheckResponse.ServingStatus.SERVING
              ? Outcome.SUCCEEDED
              : Outcome.failed("the service is " + response.getStatus()));
    }

    @Override
    public void onError(Throwable failure) {
      outcome.complete(
          Outcome.failed(
              failure instanceof StatusRuntimeException status
                  ? "gRPC status " + status.getStatus().getCode()
                  : String.valueOf(failure.getMessage())));
    }

    @Override
    public void onCompleted() {
      outcome.complete(Outcome.failed("no answer"));
    }
  }
}
