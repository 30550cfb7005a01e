package io.podseal.controller.control;

import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;

/** Listens for sidecars: gRPC over TLS 1.3 and nothing else. */
public final class ControlServer implements AutoCloseable {
  private static final long DRAIN_SECONDS = 2;

  private final Server server;
  private final Sessions sessions;
  private final ExecutorService calls;

  private ControlServer(Server server, Sessions sessions, ExecutorService calls) {
    this.server = server;
    this.sessions = sessions;
    this.calls = calls;
  }

  /**
   * Starts to listen.
   *
   * @param address port 0 takes a free one
   * @throws UncheckedIOException if it cannot listen there
   */
  public static ControlServer start(
      InetSocketAddress address,
      X509ExtendedKeyManager certificate,
      Sessions sessions,
      PodAuthenticator authenticator,
      ControllerMetrics metrics,
      AuditLog audit,
      InstantSource clock) {
    var calls = Executors.newVirtualThreadPerTaskExecutor();
    var server =
        NettyServerBuilder.forAddress(address)
            .executor(calls)
            .sslContext(tls(certificate))
            .addService(
                ServerInterceptors.intercept(
                    new ControlService(sessions),
                    new TokenInterceptor(authenticator, metrics, audit, clock)))
            .maxInboundMessageSize(ControlLimits.MAX_INBOUND_MESSAGE)
            .maxInboundMetadataSize(ControlLimits.MAX_INBOUND_METADATA)
            .maxConcurrentCallsPerConnection(2)
            .handshakeTimeout(10, TimeUnit.SECONDS)
            .maxConnectionIdle(1, TimeUnit.MINUTES)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(20, TimeUnit.SECONDS)
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(false)
            .build();
    try {
      server.start();
    } catch (IOException e) {
      calls.shutdownNow();
      throw new UncheckedIOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
    return new ControlServer(server, sessions, calls);
  }

  /** The port it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Whether it still listens. */
  public boolean listening() {
    return !server.isShutdown();
  }

  /** Ends all streams and stops to listen. */
  @Override
  public void close() {
    server.shutdown();
    sessions.closeAll();
    try {
      if (!server.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    calls.shutdownNow();
  }

  private static SslContext tls(X509ExtendedKeyManager certificate) {
    try {
      return GrpcSslContexts.configure(SslContextBuilder.forServer(certificate), SslProvider.JDK)
          .protocols("TLSv1.3")
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("every JDK 25 has TLS 1.3", e);
    }
  }
}
