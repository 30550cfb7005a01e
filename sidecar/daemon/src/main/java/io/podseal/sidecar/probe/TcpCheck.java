package io.podseal.sidecar.probe;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;

/** Opens a TCP connection; that alone is the success of a tcpSocket probe. */
final class TcpCheck {
  private TcpCheck() {}

  static void start(Attempt attempt, Handler.TcpSocket socket) {
    Targets.find(
        attempt,
        socket.host(),
        socket.port(),
        address -> {
          ChannelFuture connecting =
              connect(attempt, address, new ChannelInboundHandlerAdapter() {});
          var _ =
              connecting.addListener(f -> {
                if (f.isSuccess()) {
                  attempt.succeed();
                }
              });
        });
  }

  /** Connects; the attempt fails when that fails, and its end closes the channel. */
  static ChannelFuture connect(Attempt attempt, InetSocketAddress address, ChannelHandler handler) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(attempt.loop())
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, attempt.timeoutMillis())
            .handler(handler)
            .connect(address);
    attempt.closesAtEnd(connecting.channel());
    return connecting.addListener(f -> {
      if (!f.isSuccess()) {
        attempt.fail(f.cause());
      }
    });
  }
}
