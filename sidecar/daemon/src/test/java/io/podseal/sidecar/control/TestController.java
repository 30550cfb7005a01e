package io.podseal.sidecar.control;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.podseal.control.v1.ControlGrpc;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.SidecarMessage;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The controller's end of the stream, with a real certificate over real TLS, scripted by a test.
 */
public final class TestController implements AutoCloseable {
  public static final String NAME = "podseal-controller.podseal-system.svc";
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  final BlockingQueue<SidecarMessage> received = new LinkedBlockingQueue<>();
  final BlockingQueue<String> tokens = new LinkedBlockingQueue<>();
  public final BlockingQueue<StreamObserver<ControllerMessage>> streams =
      new LinkedBlockingQueue<>();
  public final Path caFile;
  private final Server server;

  public TestController(Path directory, String goodToken) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair pair = generator.generateKeyPair();
    Instant now = Instant.now();
    X500Name name = new X500Name("CN=podseal test");
    var certificate =
        new JcaX509v3CertificateBuilder(
                name,
                BigInteger.ONE,
                Date.from(now.minus(Duration.ofHours(1))),
                Date.from(now.plus(Duration.ofHours(1))),
                name,
                pair.getPublic())
            .addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, NAME)))
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
    caFile = directory.resolve("ca.crt");
    Files.writeString(caFile, pem(certificate));
    Path keyFile = directory.resolve("tls.key");
    Files.writeString(keyFile, pem(new JcaPKCS8Generator(pair.getPrivate(), null)));
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(
                GrpcSslContexts.forServer(caFile.toFile(), keyFile.toFile())
                    .protocols("TLSv1.3")
                    .build())
            .intercept(new TokenCheck(goodToken))
            .addService(new Service())
            .build()
            .start();
  }

  private static String pem(Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    return text.toString();
  }

  public int port() {
    return server.getPort();
  }

  public static ControllerMessage policy(PolicyUpdate.Builder policy) {
    return ControllerMessage.newBuilder().setPolicy(policy).build();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class TokenCheck implements ServerInterceptor {
    private final String goodToken;

    TokenCheck(String goodToken) {
      this.goodToken = goodToken;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String token = String.valueOf(headers.get(AUTHORIZATION));
      tokens.add(token);
      if (!token.equals("Bearer " + goodToken)) {
        call.close(Status.UNAUTHENTICATED.withDescription("token refused"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return Contexts.interceptCall(Context.current(), call, headers, next);
    }
  }

  private final class Service extends ControlGrpc.ControlImplBase {
    @Override
    public StreamObserver<SidecarMessage> connect(StreamObserver<ControllerMessage> answers) {
      streams.add(answers);
      return new StreamObserver<>() {
        @Override
        public void onNext(SidecarMessage message) {
          received.add(message);
        }

        @Override
        public void onError(Throwable t) {
          // The sidecar went away; tests look at what it sent before.
        }

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }
}
