package io.podseal.sidecar.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podseal.control.health.v1.HealthCheckRequest;
import io.podseal.control.health.v1.HealthCheckResponse;
import io.podseal.control.health.v1.HealthGrpc;
import io.podseal.sidecar.lab.BufferLeaks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Asks real servers on loopback. */
@ExtendWith(BufferLeaks.class)
final class ProberTest {
  private static final String KEY = "web/livenessProbe";

  @TempDir private Path directory = Path.of("");
  private final Queue<Outcome.Result> counted = new ConcurrentLinkedQueue<>();
  private HttpServer application;

  @BeforeEach
  void serve() throws IOException {
    application = HttpServer.create(new InetSocketAddress(loopback(), 0), 0);
    application.start();
  }

  @AfterEach
  void stop() {
    application.stop(0);
  }

  @Test
  void statusFrom200To399IsASuccess() {
    status("/ok", 200, "");
    status("/broken", 500, "");

    assertThat(http("/ok")).isEqualTo(Outcome.SUCCEEDED);
    assertThat(http("/broken").why()).isEqualTo("HTTP status 500");
    assertThat(counted).containsExactly(Outcome.Result.SUCCESS, Outcome.Result.FAILURE);
  }

  @Test
  void redirectToTheSameHostIsFollowedAndAnotherHostCountsAsSuccess() {
    status("/moved", 302, "/broken");
    status("/broken", 500, "");
    status("/away", 302, "http://elsewhere.example/");
    status("/loop", 302, "/loop");

    assertThat(http("/moved").why()).isEqualTo("HTTP status 500");
    assertThat(http("/away").succeeded()).isTrue();
    assertThat(http("/loop").why()).isEqualTo("more than 10 redirects");
  }

  @Test
  void httpsSucceedsWithACertificateThatNobodySignedThatExpiredAndThatNamesAnotherHost()
      throws Exception {
    HttpsServer secure = secure();
    status(secure, "/ok", 200, "");
    int port = secure.getAddress().getPort();
    try {
      assertThat(ask(KEY, https("/ok", port))).isEqualTo(Outcome.SUCCEEDED);
      assertThat(ask(KEY, get("/ok", port)).result())
          .as("asked in plain text")
          .isEqualTo(Outcome.Result.FAILURE);
    } finally {
      secure.stop(0);
    }
  }

  @Test
  void httpsFailsWithStatus500AlsoWhereARedirectFromHttpLeadsToIt() throws Exception {
    HttpsServer secure = secure();
    status(secure, "/broken", 500, "");
    int port = secure.getAddress().getPort();
    status("/moved", 302, "https://127.0.0.1:" + port + "/broken");
    try {
      assertThat(ask(KEY, https("/broken", port)).why()).isEqualTo("HTTP status 500");
      assertThat(http("/moved").why()).isEqualTo("HTTP status 500");
    } finally {
      secure.stop(0);
    }
  }

  @Test
  void httpsFailsAtOnceWhereTheServerAnswersInPlainText() throws Exception {
    try (ServerSocket plain = new ServerSocket(0, 50, loopback())) {
      Thread server = Thread.ofPlatform().daemon().start(() -> refuse(plain));

      Outcome outcome = ask(KEY, https("/", plain.getLocalPort()));

      assertThat(outcome.result()).isEqualTo(Outcome.Result.FAILURE);
      assertThat(outcome.why()).contains("not an SSL/TLS record");
      server.join();
    }
  }

  private static void refuse(ServerSocket server) {
    try (Socket client = server.accept()) {
      client.getInputStream().read();
      client.getOutputStream().write("HTTP/1.0 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      client.shutdownOutput();
      // What is left unread would make the end of the connection a reset.
      client.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void hookSucceedsWithAnyStatus() {
    status("/broken", 500, "");

    assertThat(ask("web/preStop", get("/broken", port())).succeeded()).isTrue();
  }

  @Test
  void closedPortFailsAndSilenceEndsAtTheTimeout() throws Exception {
    int closed;
    try (ServerSocket silent = new ServerSocket(0, 50, loopback())) {
      closed = silent.getLocalPort();
      assertThat(ask(KEY, get("/", closed)).result()).isEqualTo(Outcome.Result.TIMEOUT);
      assertThat(ask(KEY, tcp(closed)).succeeded()).isTrue();
    }
    assertThat(ask(KEY, get("/", closed)).why()).contains("refused");
    assertThat(ask(KEY, tcp(closed)).why()).contains("refused");
  }

  @Test
  void grpcSucceedsOnlyWhenServing() throws Exception {
    assertThat(grpc(HealthCheckResponse.ServingStatus.SERVING).succeeded()).isTrue();
    assertThat(grpc(HealthCheckResponse.ServingStatus.NOT_SERVING).why())
        .isEqualTo("gRPC health is NOT_SERVING");
  }

  @Test
  void thousandsOfRequestsShareOneAttemptAndTheRestIsBusy() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, loopback());
        Prober prober = prober(KEY, get("/", silent.getLocalPort()))) {
      List<CompletableFuture<Outcome>> answers = new ArrayList<>();
      for (int i = 0; i < 5000; i++) {
        answers.add(prober.perform(KEY));
      }

      assertThat(answers.stream().filter(CompletableFuture::isDone)).hasSize(4992);
      assertThat(answers.getLast().join().result()).isEqualTo(Outcome.Result.BUSY);
      assertThat(answers.getFirst().get(5, TimeUnit.SECONDS).result())
          .isEqualTo(Outcome.Result.TIMEOUT);
      silent.accept().close();
      silent.setSoTimeout(1);
      assertThatThrownBy(silent::accept).as("a second attempt").isInstanceOf(IOException.class);
    }
  }

  private Outcome grpc(HealthCheckResponse.ServingStatus status) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(loopback(), 0))
            .addService(
                new HealthGrpc.HealthImplBase() {
                  @Override
                  public void check(
                      HealthCheckRequest request, StreamObserver<HealthCheckResponse> answer) {
                    answer.onNext(HealthCheckResponse.newBuilder().setStatus(status).build());
                    answer.onCompleted();
                  }
                })
            .build()
            .start();
    try {
      return ask(KEY, "{\"grpc\":{\"port\":%d},\"timeoutSeconds\":5}".formatted(server.getPort()));
    } finally {
      server.shutdownNow();
    }
  }

  private Outcome http(String path) {
    return ask(KEY, get(path, port()));
  }

  private Outcome ask(String key, String probe) {
    try (Prober prober = prober(key, probe)) {
      return prober.perform(key).orTimeout(20, TimeUnit.SECONDS).join();
    }
  }

  private Prober prober(String key, String probe) {
    return new Prober(Probes.parse("{\"%s\":%s}".formatted(key, probe), "127.0.0.1"), counted::add);
  }

  private static String get(String path, int port) {
    return "{\"httpGet\":{\"path\":\"%s\",\"port\":%d},\"timeoutSeconds\":2}".formatted(path, port);
  }

  private static String https(String path, int port) {
    return get(path, port).replace("\"path\"", "\"scheme\":\"HTTPS\",\"path\"");
  }

  private static String tcp(int port) {
    return "{\"tcpSocket\":{\"port\":%d},\"timeoutSeconds\":2}".formatted(port);
  }

  private int port() {
    return application.getAddress().getPort();
  }

  private void status(String path, int status, String location) {
    status(application, path, status, location);
  }

  private static void status(HttpServer server, String path, int status, String location) {
    server.createContext(
        path,
        exchange -> {
          if (!location.isEmpty()) {
            exchange.getResponseHeaders().set("Location", location);
          }
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
  }

  private HttpsServer secure() throws Exception {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(loopback(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(expired()));
    server.start();
    return server;
  }

  private SSLContext expired() throws Exception {
    String password = "changeit";
    Path file = directory.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=elsewhere.example",
                "-startdate",
                "-10d",
                "-validity",
                "1",
                "-storepass",
                password,
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as("keytool: %s", said).isZero();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(KeyStore.getInstance(file.toFile(), password.toCharArray()), password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }
}
