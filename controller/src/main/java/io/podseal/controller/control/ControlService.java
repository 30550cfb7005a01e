package io.podseal.controller.control;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.podseal.control.v1.ControlGrpc;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.SidecarMessage;

/** Connects calls with their sessions. */
final class ControlService extends ControlGrpc.ControlImplBase {
  private final Sessions sessions;

  ControlService(Sessions sessions) {
    this.sessions = sessions;
  }

  @Override
  public StreamObserver<SidecarMessage> connect(StreamObserver<ControllerMessage> out) {
    var session =
        sessions.session(
            TokenInterceptor.CALLER.get(), (ServerCallStreamObserver<ControllerMessage>) out);
    ((ServerCallStreamObserver<ControllerMessage>) out)
        .setOnCancelHandler(() -> sessions.left(session, "cancelled"));
    sessions.open(session);
    return new StreamObserver<>() {
      @Override
      public void onNext(SidecarMessage message) {
        sessions.received(session, message);
      }

      @Override
      public void onError(Throwable problem) {
        sessions.left(session, Status.fromThrowable(problem).getCode().name());
      }

      @Override
      public void onCompleted() {
        sessions.completed(session);
      }
    };
  }
}
