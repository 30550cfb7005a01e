package io.podseal.sidecar.obs;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A small HTTP server for probes and scrapes: one thread, GET only, one answer a connection. {@code
 * /status} answers loopback clients only.
 */
public final class HttpEndpoint implements AutoCloseable {
  private static final int MAX_REQUEST = 4096;
  private static final int READ_TIMEOUT_SECONDS = 5;

  private final EventLoopGroup group =
      new NioEventLoopGroup(1, new DefaultThreadFactory("http", true));
  private final Channel channel;

  /**
   * An answer.
   *
   * @param contentType such as {@code text/plain}
   */
  public record Answer(int status, String contentType, String body) {
    /** The connection ends without an answer. */
    public static final Answer NONE = new Answer(0, "", "");

    public static Answer ok(String contentType, String body) {
      return new Answer(200, contentType, body);
    }
  }

  /**
   * A page.
   *
   * @param loopbackOnly whether only clients inside the pod may read it
   */
  public record Page(boolean loopbackOnly, Supplier<CompletableFuture<Answer>> content) {
    /** A page that is ready at once. */
    public static Page of(boolean loopbackOnly, Supplier<Answer> content) {
      return new Page(loopbackOnly, () -> CompletableFuture.completedFuture(content.get()));
    }
  }

  /**
   * Binds the port on all addresses.
   *
   * @param port 0 for any free one
   * @throws IllegalStateException that says why the port cannot be had
   */
  public HttpEndpoint(int port, Map<String, Page> pages) {
    try {
      channel =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel ch) {
                      ch.pipeline()
                          .addLast(
                              new ReadTimeoutHandler(READ_TIMEOUT_SECONDS),
                              new HttpServerCodec(),
                              new HttpObjectAggregator(MAX_REQUEST),
                              new PageHandler(pages));
                    }
                  })
              .bind(port)
              .syncUninterruptibly()
              .channel();
    } catch (RuntimeException e) {
      var _ = group.shutdownGracefully();
      throw e;
    } catch (Exception e) {
      // Netty rethrows the checked BindException unchecked.
      var _ = group.shutdownGracefully();
      throw new IllegalStateException(
          "TCP port "
              + port
              + " for health and metrics cannot be had: "
              + e.getMessage()
              + "; --health-port (PODSEAL_HEALTH_PORT) sets another",
          e);
    }
  }

  /** The port that is bound. */
  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    var _ = channel.close();
    var _ = group.shutdownGracefully();
  }

  private static final class PageHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Map<String, Page> pages;

    PageHandler(Map<String, Page> pages) {
      this.pages = pages;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
      // The answer may take longer than a request may.
      ctx.pipeline().remove(ReadTimeoutHandler.class);
      var _ =
          answer(ctx, request)
              .whenComplete((answer, failure) -> {
                if (failure != null) {
                  write(ctx, new Answer(500, "text/plain", failure + "\n"));
                } else if (answer.equals(Answer.NONE)) {
                  var _ = ctx.close();
                } else {
                  write(ctx, answer);
                }
              });
    }

    private static void write(ChannelHandlerContext ctx, Answer answer) {
      FullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(answer.status()),
              Unpooled.copiedBuffer(answer.body(), StandardCharsets.UTF_8));
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType() + "; charset=utf-8")
          .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes())
          .set(HttpHeaderNames.CONNECTION, "close");
      if (answer.status() == HttpResponseStatus.METHOD_NOT_ALLOWED.code()) {
        response.headers().set(HttpHeaderNames.ALLOW, HttpMethod.GET);
      }
      var _ = ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    private CompletableFuture<Answer> answer(ChannelHandlerContext ctx, FullHttpRequest request) {
      if (request.decoderResult().isFailure()) {
        return now(400, "not an HTTP request\n");
      }
      if (!request.method().equals(HttpMethod.GET)) {
        return now(405, "GET only\n");
      }
      Page page = pages.get(new QueryStringDecoder(request.uri()).path());
      if (page == null) {
        return now(404, "pages: " + String.join(" ", pages.keySet()) + "\n");
      }
      boolean local =
          ((InetSocketAddress) ctx.channel().remoteAddress()).getAddress().isLoopbackAddress();
      if (page.loopbackOnly() && !local) {
        return now(403, "only from inside the pod\n");
      }
      try {
        return page.content().get();
      } catch (RuntimeException e) {
        return now(500, e + "\n");
      }
    }

    private static CompletableFuture<Answer> now(int status, String body) {
      return CompletableFuture.completedFuture(new Answer(status, "text/plain", body));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      var _ = ctx.close();
    }
  }
}
