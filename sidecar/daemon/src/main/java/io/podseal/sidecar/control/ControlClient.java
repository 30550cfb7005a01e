package io.podseal.sidecar.control;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.podseal.control.v1.Ack;
import io.podseal.control.v1.ControlGrpc;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.Hello;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.SaReport;
import io.podseal.control.v1.SidecarMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one stream to the controller: TLS 1.3, server name checked, token sent only inside it. When
 * the stream ends it is opened again after a growing, jittered pause; what was received stays in
 * force meanwhile. Everything happens on one thread, "control"; {@link #report} is for any thread.
 */
public final class ControlClient implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /**
   * The Service may still lead to a pod that is gone. Nobody refuses then, and Netty would wait for
   * 30 s.
   */
  private static final Duration CONNECT = Duration.ofSeconds(3);

  private static final Duration PARTING = Duration.ofSeconds(3);
  private static final int MAX_MESSAGE = 4 * 1024 * 1024;

  private final ControllerAddress controller;
  private final String version;
  private final String dataPlane;
  private final ControlListener listener;
  private final ScheduledExecutorService thread;
  private @Nullable ManagedChannel channel;
  private @Nullable ClientCallStreamObserver<SidecarMessage> stream;
  private Duration pause = FIRST_PAUSE;
  private int highestEpoch;
  private boolean closed;
  private SaReport lastReport = SaReport.getDefaultInstance();

  public ControlClient(
      ControllerAddress controller, String version, String dataPlane, ControlListener listener) {
    this.controller = controller;
    this.version = version;
    this.dataPlane = dataPlane;
    this.listener = listener;
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread t = new Thread(task, "control");
              t.setDaemon(true);
              return t;
            });
  }

  public void start() {
    thread.execute(this::connect);
  }

  private void connect() {
    if (closed) {
      return;
    }
    try {
      String token = Files.readString(controller.tokenFile()).strip();
      ManagedChannel c = open();
      channel = c;
      Metadata headers = new Metadata();
      headers.put(AUTHORIZATION, "Bearer " + token);
      ControlGrpc.newStub(c)
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
          .connect(new Responses());
    } catch (IOException e) {
      ended(
          "cannot read "
              + e.getMessage()
              + ": are the token and the CA mounted (volumes of the podseal container)?");
    }
  }

  private ManagedChannel open() throws IOException {
    try (var ca = Files.newInputStream(controller.caFile())) {
      return NettyChannelBuilder.forAddress(controller.host(), controller.port())
          .overrideAuthority(controller.serverName())
          .sslContext(GrpcSslContexts.forClient().trustManager(ca).protocols("TLSv1.3").build())
          .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT.toMillis())
          .maxInboundMessageSize(MAX_MESSAGE)
          .keepAliveTime(60, TimeUnit.SECONDS)
          .keepAliveTimeout(20, TimeUnit.SECONDS)
          .executor(thread)
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException(controller.caFile() + " (not a PEM certificate)", e);
    }
  }

  private final class Responses
      implements ClientResponseObserver<SidecarMessage, ControllerMessage> {
    private boolean greeted;
    private boolean over;
    private String parting = "";

    @Override
    public void beforeStart(ClientCallStreamObserver<SidecarMessage> requests) {
      stream = requests;
      requests.setOnReadyHandler(() -> {
        if (!greeted) {
          greeted = true;
          requests.onNext(
              SidecarMessage.newBuilder()
                  .setHello(
                      Hello.newBuilder()
                          .setVersion(version)
                          .setHighestEpoch(highestEpoch)
                          .setDataPlane(dataPlane))
                  .build());
          requests.onNext(SidecarMessage.newBuilder().setSaReport(lastReport).build());
        }
      });
    }

    @Override
    public void onNext(ControllerMessage message) {
      if (message.hasPolicy() && parting.isEmpty()) {
        apply(message.getPolicy());
      }
    }

    private void apply(PolicyUpdate policy) {
      if (policy.getFull()) {
        pause = FIRST_PAUSE;
        listener.connected();
      }
      policy.getPeersList().stream()
          .flatMap(p -> p.getKeysList().stream())
          .forEach(k -> highestEpoch = Math.max(highestEpoch, k.getEpoch()));
      Ack.Builder ack = Ack.newBuilder().setRevision(policy.getRevision());
      try {
        listener.policy(policy);
        send(SidecarMessage.newBuilder().setAck(ack).build());
      } catch (RuntimeException e) {
        // A fresh snapshot after the pause is a fresh start for whatever stands in the way.
        String why = Optional.ofNullable(e.getMessage()).orElse(e.toString());
        send(SidecarMessage.newBuilder().setAck(ack.setError(why)).build());
        part("the policy could not be put in force: " + why);
      }
    }

    /** Says no more; the stream ends when the controller has read what was said. */
    private void part(String why) {
      parting = why;
      ClientCallStreamObserver<SidecarMessage> s = stream;
      if (s != null) {
        s.onCompleted();
        stream = null;
      }
      var _ = thread.schedule(() -> end(why), PARTING.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void end(String why) {
      if (!over) {
        over = true;
        ended(parting.isEmpty() ? why : parting);
      }
    }

    @Override
    public void onError(Throwable t) {
      end(explain(Status.fromThrowable(t)));
    }

    @Override
    public void onCompleted() {
      end("the controller closed the stream");
    }
  }

  private String explain(Status status) {
    String where = controller.host() + ":" + controller.port();
    String detail = Optional.ofNullable(status.getDescription()).orElse(status.getCode().name());
    Throwable cause = status.getCause();
    String reason =
        cause == null || cause.getMessage() == null ? detail : detail + ": " + cause.getMessage();
    return switch (status.getCode()) {
      case UNAUTHENTICATED -> "the controller at " + where + " refuses this pod's token: " + detail;
      case UNAVAILABLE ->
          "cannot reach the controller at "
              + where
              + " ("
              + reason
              + "): is it running, and does a NetworkPolicy allow the connection?";
      default -> "the stream to the controller at " + where + " ended: " + reason;
    };
  }

  private void ended(String why) {
    ManagedChannel old = channel;
    if (old != null) {
      old.shutdownNow();
    }
    channel = null;
    stream = null;
    if (closed) {
      return;
    }
    listener.disconnected(why);
    long millis = ThreadLocalRandom.current().nextLong(pause.toMillis() / 2, pause.toMillis() + 1);
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    try {
      var _ = thread.schedule(this::connect, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      closed = true;
    }
  }

  private void send(SidecarMessage message) {
    ClientCallStreamObserver<SidecarMessage> s = stream;
    if (s != null) {
      s.onNext(message);
    }
  }

  /** Tells the controller which SAs live; the last report is repeated on every new stream. */
  public void report(SaReport report) {
    try {
      thread.execute(() -> {
        lastReport = report;
        send(SidecarMessage.newBuilder().setSaReport(report).build());
      });
    } catch (RejectedExecutionException e) {
      // The process is ending, and the controller learns that from the stream.
      closed = true;
    }
  }

  /** Ends the stream; the thread ends a moment later, because gRPC still says goodbye on it. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(() -> {
      closed = true;
      ManagedChannel c = channel;
      if (c != null) {
        c.shutdownNow();
      }
      var _ = thread.schedule(thread::shutdown, 1, TimeUnit.SECONDS);
    });
  }
}
