package io.podseal.e2e.race;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.telemetry.ProtocolEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.Selector;
import java.time.Instant;
import java.util.List;

/** The initiator of one handshake, which it lives for. Confined to one thread. */
final class Spoke implements AutoCloseable {
  private final LocalPod self;
  private final LocalPod hub;
  private final Kind kind;
  private final IkeEndpoint endpoint;
  private final IkeSockets sockets;
  private final long begun = System.nanoTime();
  private boolean established;
  private boolean child;

  Spoke(int number, LocalPod hub, Kind kind, Selector selector, ByteBuffer buffer)
      throws IOException {
    this.self = Parties.spoke(number);
    this.hub = hub;
    this.kind = kind;
    this.endpoint = Parties.endpoint(self);
    this.sockets = IkeSockets.open(self.address(), selector, this, buffer);
  }

  /** Sends the first request. */
  void begin() throws IOException {
    Instant now = Instant.now();
    endpoint.putPeers(List.of(Parties.peer(hub, kind)), now);
    run(
        kind.withChild()
            ? endpoint.sealingNeeded(hub.identity(), now)
            : endpoint.connect(hub.identity(), now));
  }

  void receive(SelectableChannel channel) throws IOException {
    sockets.receive(channel, (m, from, to) -> run(endpoint.datagram(m, from, to, Instant.now())));
  }

  /** Sends again what is due. */
  void timer() throws IOException {
    Instant now = Instant.now();
    if (endpoint.deadline().filter(at -> !at.isAfter(now)).isPresent()) {
      run(endpoint.timer(now));
    }
  }

  private void run(List<Action> actions) throws IOException {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s -> sockets.send(s);
        case Action.InstallChild c -> {
          child = true;
          c.keys().destroy();
        }
        case Action.Emit(ProtocolEvent.IkeSaEstablished e) -> established = true;
        case Action.Emit(ProtocolEvent.Refused r) -> throw failure(r.toString());
        case Action.Emit(ProtocolEvent.IkeSaClosed c) -> throw failure(c.toString());
        default -> {}
      }
    }
  }

  /** Returns whether the IKE SA stands, and its child if there is to be one. */
  boolean done() {
    if (established && child && !kind.withChild()) {
      throw failure("a childless IKE SA has a child");
    }
    return established && child == kind.withChild();
  }

  /** Returns for how long the handshake has been on its way. */
  long nanos() {
    return System.nanoTime() - begun;
  }

  /** Returns an error that says which handshake failed. */
  IllegalStateException failure(String why) {
    return new IllegalStateException(
        "%s: %s with %s: %s"
            .formatted(kind.title(), self.identity().name(), hub.address().getHostAddress(), why));
  }

  @Override
  public void close() throws IOException {
    sockets.close();
  }
}
