package io.podseal.sidecar.probe;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLException;

/**
 * GET as the kubelet does it: 200 to 399 is a success, redirects to the same host are followed, a
 * certificate is not verified. The status decides; the body is not read.
 */
final class HttpAttempt implements Attempt {
  private static final int MAX_REDIRECTS = 10;
  private static final String USER_AGENT = "kube-probe/podseal";

  private final Handler.HttpGet get;
  private final boolean hook;
  private final int redirects;

  /**
   * @param hook any answer is a success
   */
  HttpAttempt(Handler.HttpGet get, boolean hook) {
    this(get, hook, 0);
  }

  private HttpAttempt(Handler.HttpGet get, boolean hook, int redirects) {
    this.get = get;
    this.hook = hook;
    this.redirects = redirects;
  }

  @Override
  public void begin(EventLoop loop, InetSocketAddress address, CompletableFuture<Outcome> outcome) {
    var initializer =
        new ChannelInitializer<SocketChannel>() {
          @Override
          protected void initChannel(SocketChannel channel) throws SSLException {
            if (get.tls()) {
              channel.pipeline().addLast(tls().newHandler(channel.alloc()));
            }
            channel.pipeline().addLast(new HttpClientCodec(), new Exchange(loop, address, outcome));
          }
        };
    var _ = TcpAttempt.connect(loop, address, initializer, outcome);
  }

  private static SslContext tls() throws SSLException {
    return SslContextBuilder.forClient()
        .sslProvider(SslProvider.JDK)
        .trustManager(InsecureTrustManagerFactory.INSTANCE)
        .build();
  }

  private DefaultFullHttpRequest request() {
    var request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1, HttpMethod.GET, get.path(), Unpooled.EMPTY_BUFFER);
    request
        .headers()
        .set(HttpHeaderNames.HOST, get.host() + ":" + get.port())
        .set(HttpHeaderNames.USER_AGENT, USER_AGENT)
        .set(HttpHeaderNames.ACCEPT, "*/*")
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    for (var header : get.headers()) {
      if (header.value().isEmpty()) {
        request.headers().remove(header.name());
      } else {
        request.headers().set(header.name(), header.value());
      }
    }
    return request;
  }

  private final class Exchange extends SimpleChannelInboundHandler<HttpObject> {
    private final EventLoop loop;
    private final InetSocketAddress address;
    private final CompletableFuture<Outcome> outcome;
    private boolean redirected;

    Exchange(EventLoop loop, InetSocketAddress address, CompletableFuture<Outcome> outcome) {
      this.loop = loop;
      this.address = address;
      this.outcome = outcome;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      var _ = ctx.writeAndFlush(request());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
      if (!(part instanceof HttpResponse response) || redirected) {
        return;
      }
      if (response.decoderResult().isFailure()) {
        outcome.complete(Outcome.failed("no HTTP answer"));
        return;
      }
      int status = response.status().code();
      var location = response.headers().get(HttpHeaderNames.LOCATION);
      if (hook || status < 200 || status >= 400 || status < 300 || location == null) {
        outcome.complete(
            hook || (status >= 200 && status < 400)
                ? Outcome.SUCCEEDED
                : Outcome.failed("HTTP status " + status));
        return;
      }
      follow(ctx, location);
    }

    private void follow(ChannelHandlerContext ctx, String location) {
      URI to;
      try {
        to =
            URI.create((get.tls() ? "https://" : "http://") + "podseal:" + get.port() + get.path())
                .resolve(location);
      } catch (IllegalArgumentException e) {
        outcome.complete(Outcome.failed("redirected to something that is no URL"));
        return;
      }
      boolean tls = "https".equals(to.getScheme());
      int port = to.getPort() > 0 ? to.getPort() : tls ? 443 : 80;
      var host = to.getHost();
      if (host == null || !(host.equals("podseal") || host.equals(get.host()))) {
        outcome.complete(Outcome.SUCCEEDED);
        return;
      }
      if (redirects == MAX_REDIRECTS) {
        outcome.complete(Outcome.failed("more than " + MAX_REDIRECTS + " redirects"));
        return;
      }
      redirected = true;
      var _ = ctx.close();
      var path = to.getRawPath() == null || to.getRawPath().isEmpty() ? "/" : to.getRawPath();
      var query = to.getRawQuery() == null ? "" : "?" + to.getRawQuery();
      new HttpAttempt(
              new Handler.HttpGet(get.host(), port, tls, path + query, get.headers()),
              hook,
              redirects + 1)
          .begin(loop, new InetSocketAddress(address.getAddress(), port), outcome);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!redirected) {
        outcome.complete(Outcome.unreached("the connection closed without an answer"));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      outcome.complete(Outcome.unreached(String.valueOf(cause.getMessage())));
    }
  }
}
