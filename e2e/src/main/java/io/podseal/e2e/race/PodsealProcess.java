package io.podseal.e2e.race;

import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.esp.OutboundSa;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.endpoint.IkeEndpoint;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.LocalPod;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Our IKE endpoint behind UDP sockets, in a process of its own: with the SAs of its data plane, but
 * no packets. Each question of {@link Podseal} is a datagram that gets one answer.
 */
final class PodsealProcess implements IkeSockets.Receiver {
  static final int CONTROL_PORT = 4503;

  /** The question for how many IKE SAs and children there are. */
  static final String HELD = "held";

  private static final long NO_TIMER_MILLIS = 1_000;

  private final LocalPod self;
  private final Selector selector = Selector.open();
  private final DatagramChannel control = DatagramChannel.open();
  private final IkeSockets sockets;
  private final ByteBuffer question = ByteBuffer.allocate(64);
  private final Map<Integer, Child> children = new HashMap<>();
  private IkeEndpoint endpoint;

  /** What a data plane keeps of a child. */
  private record Child(InboundSa in, OutboundSa out) {}

  private PodsealProcess(InetAddress address) throws IOException {
    this.self = Parties.hub(address);
    this.endpoint = Parties.endpoint(self);
    this.sockets = IkeSockets.open(address, selector, this, IkeSockets.buffer());
    control.bind(new InetSocketAddress(address, CONTROL_PORT));
    control.configureBlocking(false);
    control.register(selector, SelectionKey.OP_READ);
  }

  /** Serves at the address that the argument names until it is killed. */
  public static void main(String[] arguments) throws IOException {
    new PodsealProcess(InetAddress.getByName(arguments[0])).serve();
  }

  private void serve() throws IOException {
    while (true) {
      selector.select(millisToTimer());
      for (SelectionKey key : selector.selectedKeys()) {
        if (key.channel().equals(control)) {
          answer();
        } else {
          sockets.receive(key.channel(), this);
        }
      }
      selector.selectedKeys().clear();
      Instant now = Instant.now();
      if (endpoint.deadline().filter(at -> !at.isAfter(now)).isPresent()) {
        run(endpoint.timer(now));
      }
    }
  }

  private long millisToTimer() {
    Instant now = Instant.now();
    return endpoint
        .deadline()
        .map(at -> Math.clamp(Duration.between(now, at).toMillis() + 1, 1, NO_TIMER_MILLIS))
        .orElse(NO_TIMER_MILLIS);
  }

  @Override
  public void message(byte[] message, Endpoint from, Endpoint to) throws IOException {
    run(endpoint.datagram(message, from, to, Instant.now()));
  }

  private void run(List<Action> actions) throws IOException {
    for (Action action : actions) {
      switch (action) {
        case Action.Send s -> sockets.send(s);
        case Action.InstallChild c -> {
          Child child =
              new Child(
                  InboundSa.of(Parties.CRYPTO, c.keys()),
                  OutboundSa.of(Parties.CRYPTO, Parties.RANDOM, c.keys()));
          children.put(c.keys().inboundSpi(), child);
          c.keys().destroy();
        }
        default -> {}
      }
    }
  }

  private void answer() throws IOException {
    SocketAddress from = control.receive(question.clear());
    if (from != null) {
      String[] words = StandardCharsets.UTF_8.decode(question.flip()).toString().split(" ", -1);
      if (!words[0].equals(HELD)) {
        prepare(Kind.valueOf(words[0]), Integer.parseInt(words[1]));
      }
      String held = endpoint.established().size() + " " + children.size();
      control.send(StandardCharsets.UTF_8.encode(held), from);
    }
  }

  /** Begins with another endpoint, which has these peers and no SA. */
  private void prepare(Kind kind, int spokes) {
    children.clear();
    endpoint = Parties.endpoint(self);
    endpoint.putPeers(
        IntStream.rangeClosed(1, spokes)
            .mapToObj(i -> Parties.peer(Parties.spoke(i), kind))
            .toList(),
        Instant.now());
  }
}
