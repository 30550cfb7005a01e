package io.podseal.sidecar.probe;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** Succeeds when the connection opens. */
final class TcpAttempt implements Attempt {
  @Override
  public void begin(EventLoop loop, InetSocketAddress address, CompletableFuture<Outcome> outcome) {
    var _ =
        connect(loop, address, new ChannelInboundHandlerAdapter(), outcome)
            .thenRun(() -> outcome.complete(Outcome.SUCCEEDED));
  }

  /** Opens a connection that ends with the outcome; completes when it stands. */
  static CompletableFuture<Void> connect(
      EventLoop loop,
      InetSocketAddress address,
      ChannelHandler handler,
      CompletableFuture<Outcome> outcome) {
    var connected = new CompletableFuture<Void>();
    var future =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .handler(handler)
            .connect(address);
    var _ =
        outcome.whenComplete((result, failure) -> {
          var _ = future.channel().close();
        });
    var _ =
        future.addListener(done -> {
          if (done.isSuccess()) {
            connected.complete(null);
          } else {
            outcome.complete(Outcome.unreached(reason(done.cause())));
          }
        });
    return connected;
  }

  private static String reason(Throwable cause) {
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
