package io.podseal.controller;

import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.podseal.control.v1.Ack;
import io.podseal.control.v1.ControlGrpc;
import io.podseal.control.v1.ControllerMessage;
import io.podseal.control.v1.Hello;
import io.podseal.control.v1.LiveSa;
import io.podseal.control.v1.Peer;
import io.podseal.control.v1.PolicyUpdate;
import io.podseal.control.v1.SaReport;
import io.podseal.control.v1.Self;
import io.podseal.control.v1.SidecarMessage;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A real client of the control plane: TLS with the controller's root, a token, and the merge rules
 * of the protocol. Acknowledges what it receives unless told otherwise.
 */
public final class TestSidecar implements StreamObserver<ControllerMessage>, AutoCloseable {
  private static final AtomicInteger SOURCES = new AtomicInteger();

  private final ManagedChannel channel;
  private final StreamObserver<SidecarMessage> out;
  private final List<PolicyUpdate> updates = new ArrayList<>();
  private final Map<String, Peer> peers = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private @Nullable Self self;
  private @Nullable Status ended;
  private boolean acknowledging = true;

  private static final class From extends NettyChannelBuilder.LocalSocketPicker {
    private final SocketAddress address;

    From(String source) {
      address = new InetSocketAddress(source, 0);
    }

    @Override
    public SocketAddress createSocketAddress(SocketAddress remote, Attributes attributes) {
      return address;
    }
  }

  private TestSidecar(ManagedChannel channel, String token) {
    this.channel = channel;
    var headers = new Metadata();
    if (!token.isEmpty()) {
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    }
    this.out =
        ControlGrpc.newStub(channel)
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .connect(this);
  }

  /**
   * Connects from an address of its own, as a pod does, and introduces itself; a refusal shows in
   * {@link #ended}.
   */
  public static TestSidecar connect(int port, String caPem, String serverName, String token) {
    var sidecar = silent(port, caPem, serverName, token);
    sidecar.hello(0);
    return sidecar;
  }

  /** Connects from an address of its own and says nothing. */
  public static TestSidecar silent(int port, String caPem, String serverName, String token) {
    int number = SOURCES.incrementAndGet();
    var source = "127.1.%d.%d".formatted(number / 250 % 250, number % 250 + 1);
    return silent(port, caPem, serverName, token, source);
  }

  /** Connects from {@code source}, a loopback address, and says nothing. */
  static TestSidecar silent(
      int port, String caPem, String serverName, String token, String source) {
    try {
      var tls =
          GrpcSslContexts.configure(
                  SslContextBuilder.forClient()
                      .trustManager(
                          new ByteArrayInputStream(caPem.getBytes(StandardCharsets.US_ASCII))),
                  SslProvider.JDK)
              .build();
      return new TestSidecar(
          NettyChannelBuilder.forAddress("127.0.0.1", port)
              .overrideAuthority(serverName)
              .sslContext(tls)
              .localSocketPicker(new From(source))
              .build(),
          token);
    } catch (SSLException e) {
      throw new IllegalStateException(e);
    }
  }

  public synchronized void hello(int highestEpoch) {
    send(
        SidecarMessage.newBuilder()
            .setHello(
                Hello.newBuilder()
                    .setVersion("test")
                    .setDataPlane("none")
                    .setHighestEpoch(highestEpoch)));
  }

  public synchronized void send(SidecarMessage.Builder message) {
    if (ended == null) {
      out.onNext(message.build());
    }
  }

  /** From now on nothing is acknowledged. */
  public synchronized void holdAcknowledgements() {
    acknowledging = false;
  }

  public synchronized void acknowledgeLast(String error) {
    acknowledging = true;
    acknowledge(updates.getLast().getRevision(), error);
  }

  private void acknowledge(long revision, String error) {
    send(
        SidecarMessage.newBuilder().setAck(Ack.newBuilder().setRevision(revision).setError(error)));
  }

  public synchronized void reportLive(String... identities) {
    var report = SaReport.newBuilder();
    for (var identity : identities) {
      report.addSas(LiveSa.newBuilder().setPeerIdentity(identity).setEpoch(1).setChildSas(1));
    }
    send(SidecarMessage.newBuilder().setSaReport(report));
  }

  public synchronized List<PolicyUpdate> updates() {
    return List.copyOf(updates);
  }

  public synchronized PolicyUpdate lastUpdate() {
    return updates.getLast();
  }

  /** What in the updates was against the protocol. */
  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  /** The peers that follow from all updates, by identity. */
  public synchronized Map<String, Peer> peers() {
    return Map.copyOf(peers);
  }

  /** What it knows of this peer. */
  public synchronized Peer peer(String identity) {
    var peer = peers.get(identity);
    if (peer == null) {
      throw new AssertionError("knows no " + identity + ", only " + peers.keySet());
    }
    return peer;
  }

  public synchronized Self self() {
    if (self == null) {
      throw new AssertionError("was never told who it is");
    }
    return self;
  }

  /** How the stream ended; null while it lives. */
  public synchronized @Nullable Status ended() {
    return ended;
  }

  @Override
  public synchronized void onNext(ControllerMessage message) {
    var update = message.getPolicy();
    updates.add(update);
    if (update.getFull()) {
      peers.clear();
    }
    if (update.hasSelf()) {
      self = update.getSelf();
    }
    update.getRemovedIdentitiesList().forEach(peers::remove);
    update.getPeersList().forEach(peer -> peers.put(peer.getIdentity(), peer));
    var addresses = new HashSet<String>();
    for (var peer : peers.values()) {
      for (var address : peer.getAddressesList()) {
        if (!addresses.add(address)) {
          violations.add("after revision " + update.getRevision() + " two hold " + address);
        }
      }
    }
    if (update.getRevision() != updates.size()) {
      violations.add("revision " + update.getRevision() + " is update " + updates.size());
    }
    if (acknowledging) {
      acknowledge(update.getRevision(), "");
    }
  }

  @Override
  public synchronized void onError(Throwable problem) {
    ended = Status.fromThrowable(problem);
  }

  @Override
  public synchronized void onCompleted() {
    ended = Status.OK;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
