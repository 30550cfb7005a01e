package io.podseal.e2e.interop;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.podseal.control.v1.Ack;
import io.podseal.control.v1.ControlGrpc;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.SidecarMessage;
import io.podseal.e2e.lab.Command;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;

/**
 * The controller's end of one sidecar's stream, over real TLS: sends the policies of a case and
 * waits for their acknowledgement. Confined to one thread.
 */
final class ScriptedController implements AutoCloseable {
  /** The name in the certificate. */
  static final String NAME = "podseal-controller.podseal-system.svc";

  private static final String TOKEN = "interop";
  private static final String ALIAS = "controller";
  private static final int PATIENCE_SECONDS = 40;
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Path folder;
  private final Server server;
  private final String address;
  private final BlockingQueue<StreamObserver<ControllerMessage>> streams =
      new LinkedBlockingQueue<>();
  private final BlockingQueue<Ack> acknowledged = new LinkedBlockingQueue<>();
  private StreamObserver<ControllerMessage> stream = new Nobody();

  private ScriptedController(String address, Path folder, KeyManagerFactory keys)
      throws IOException {
    this.address = address;
    this.folder = folder;
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress(address, 0))
            .sslContext(
                GrpcSslContexts.configure(SslContextBuilder.forServer(keys))
                    .protocols("TLSv1.3")
                    .build())
            .intercept(new TokenCheck())
            .addService(new Service())
            .build()
            .start();
  }

  /** Starts one on {@code address}; certificate and token are files of {@code folder}. */
  static ScriptedController start(String address, Path folder) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("token"), TOKEN);
      Path file = folder.resolve("controller.p12");
      if (!Files.exists(file)) {
        certify(file);
      }
      KeyStore store = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, TOKEN.toCharArray());
      }
      byte[] certificate = store.getCertificate(ALIAS).getEncoded();
      Files.writeString(
          folder.resolve("ca.crt"),
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                  .encodeToString(certificate)
              + "\n-----END CERTIFICATE-----\n");
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, TOKEN.toCharArray());
      return new ScriptedController(address, folder, keys);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The JDK makes certificates by this program alone. */
  private static void certify(Path file) {
    Command.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-keystore",
            file.toString(),
            "-storepass",
            TOKEN,
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=interop",
            "-ext",
            "san=dns:" + NAME,
            "-validity",
            "2")
        .must();
  }

  /** Returns host and port. */
  String endpoint() {
    return address + ":" + server.getPort();
  }

  /** Returns the file of the certificate. */
  Path caFile() {
    return folder.resolve("ca.crt");
  }

  /** Returns the file of the token. */
  Path tokenFile() {
    return folder.resolve("token");
  }

  /** Forgets the sidecar before; the next policy is for the next one that connects. */
  void next() {
    streams.clear();
    acknowledged.clear();
    stream = new Nobody();
  }

  /** Sends {@code policy} and waits until it is in force. */
  void put(PolicyUpdate policy) {
    try {
      if (stream instanceof Nobody) {
        StreamObserver<ControllerMessage> connected =
            streams.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (connected == null) {
          throw new IllegalStateException("no sidecar connected in " + PATIENCE_SECONDS + " s");
        }
        stream = connected;
      }
      stream.onNext(ControllerMessage.newBuilder().setPolicy(policy).build());
      Ack ack = acknowledged.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (ack == null || ack.getRevision() != policy.getRevision() || !ack.getError().isEmpty()) {
        throw new IllegalStateException("the sidecar did not put the policy in force: " + ack);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the sidecar worked", e);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private static final class Nobody implements StreamObserver<ControllerMessage> {
    @Override
    public void onNext(ControllerMessage message) {
      throw new IllegalStateException("no sidecar is connected");
    }

    @Override
    public void onError(Throwable problem) {
      throw new IllegalStateException("no sidecar is connected", problem);
    }

    @Override
    public void onCompleted() {
      throw new IllegalStateException("no sidecar is connected");
    }
  }

  private static final class TokenCheck implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      if (!("Bearer " + TOKEN).equals(headers.get(AUTHORIZATION))) {
        call.close(Status.UNAUTHENTICATED, new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }
  }

  private final class Service extends ControlGrpc.ControlImplBase {
    @Override
    public StreamObserver<SidecarMessage> connect(StreamObserver<ControllerMessage> answers) {
      streams.add(answers);
      return new StreamObserver<>() {
        @Override
        public void onNext(SidecarMessage message) {
          if (message.hasAck()) {
            acknowledged.add(message.getAck());
          }
        }

        @Override
        public void onError(Throwable problem) {
          // The sidecar was ended by its case.
        }

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }
}
