package io.podseal.sidecar.probe;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Performs an httpGet as the kubelet does, redirects to the same host included. */
final class HttpCheck {
  static final String USER_AGENT = "kube-probe/podseal";
  private static final int MAX_BODY = 10 * 1024;
  private static final int MAX_REDIRECTS = 10;

  private final Attempt attempt;
  private final Handler.HttpGet get;
  private final Supplier<SslContext> tls;
  private int redirects;

  HttpCheck(Attempt attempt, Handler.HttpGet get, Supplier<SslContext> tls) {
    this.attempt = attempt;
    this.get = get;
    this.tls = tls;
  }

  void start() {
    ask(get.tls(), get.port(), get.path());
  }

  private void ask(boolean secure, int port, String path) {
    FullHttpRequest request = request(port, path);
    Targets.find(
        attempt,
        get.host(),
        port,
        address -> {
          var _ =
              TcpCheck.connect(
                  attempt,
                  address,
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel ch) {
                      if (secure) {
                        ch.pipeline().addLast(tls.get().newHandler(ch.alloc(), get.host(), port));
                      }
                      ch.pipeline()
                          .addLast(
                              new HttpClientCodec(), new Exchange(request, secure, port, path));
                    }
                  });
        });
  }

  private FullHttpRequest request(int port, String path) {
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path);
    request
        .headers()
        .set(HttpHeaderNames.HOST, authority(port))
        .set(HttpHeaderNames.USER_AGENT, USER_AGENT)
        .set(HttpHeaderNames.ACCEPT, "*/*")
        .set(HttpHeaderNames.CONNECTION, "close");
    get.headers().forEach(h -> request.headers().remove(h.name()));
    get.headers().forEach(h -> request.headers().add(h.name(), h.value()));
    return request;
  }

  private String authority(int port) {
    return (get.host().contains(":") ? "[" + get.host() + "]" : get.host()) + ":" + port;
  }

  private void judge(int status) {
    if (attempt.probe().hook() || (status >= 200 && status < 400)) {
      attempt.succeed();
    } else {
      attempt.fail("HTTP status " + status);
    }
  }

  private static boolean redirects(int status) {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  private void follow(int status, boolean secure, int port, String path, String location) {
    URI to =
        URI.create((secure ? "https://" : "http://") + authority(port) + path).resolve(location);
    String host = to.getHost();
    if (host == null || !host.replaceAll("[\\[\\]]", "").equalsIgnoreCase(get.host())) {
      judge(status);
      return;
    }
    if (++redirects > MAX_REDIRECTS) {
      attempt.fail("more than " + MAX_REDIRECTS + " redirects");
      return;
    }
    boolean next = "https".equalsIgnoreCase(to.getScheme());
    String raw = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
    ask(
        next,
        to.getPort() >= 0 ? to.getPort() : next ? 443 : 80,
        to.getRawQuery() == null ? raw : raw + "?" + to.getRawQuery());
  }

  private final class Exchange extends SimpleChannelInboundHandler<HttpObject> {
    private final FullHttpRequest request;
    private final boolean secure;
    private final int port;
    private final String path;
    private @Nullable HttpResponse response;
    private int body;
    private boolean done;

    Exchange(FullHttpRequest request, boolean secure, int port, String path) {
      this.request = request;
      this.secure = secure;
      this.port = port;
      this.path = path;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      var _ = ctx.writeAndFlush(request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
      if (done) {
        return;
      }
      if (part.decoderResult().isFailure()) {
        attempt.fail("not HTTP: " + part.decoderResult().cause().getMessage());
        return;
      }
      // 1xx answers come before the one that counts.
      if (part instanceof HttpResponse head
          && (head.status().code() >= 200 || head.status().code() == 101)) {
        response = head;
      }
      if (part instanceof HttpContent content && response != null) {
        body += content.content().readableBytes();
        if (content instanceof LastHttpContent || body >= MAX_BODY) {
          end(ctx, response);
        }
      }
    }

    private void end(ChannelHandlerContext ctx, HttpResponse answer) {
      done = true;
      int status = answer.status().code();
      String location = answer.headers().get(HttpHeaderNames.LOCATION);
      if (location == null || !redirects(status)) {
        judge(status);
        return;
      }
      var _ = ctx.close();
      follow(status, secure, port, path, location);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!done) {
        attempt.fail("the connection ended before the answer did");
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      attempt.fail(cause);
    }
  }
}
