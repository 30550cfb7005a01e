package io.podseal.protocol.sim;

import io.podseal.protocol.fuzz.Cost;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Two pods, a and b, and somebody who speaks to them from anywhere, without keys or with those of
 * their IKE SA; the same script does the same every time.
 */
public final class Siege {
  private static final int FLAGS = 19;
  private static final int RESPONSE = 0x20;

  /** How far the pods have come when the script begins. */
  public enum Stage {
    /** b has answered IKE_SA_INIT; a's IKE_AUTH is lost on its way. */
    HALF_OPEN,
    /** One IKE SA, begun by a, and its child. */
    ESTABLISHED
  }

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final Keys.IkeSaKeys sa;
  private int nextOfA;
  private int nextOfB;
  private long dearest;

  public Siege(Stage stage) {
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    if (stage == Stage.HALF_OPEN) {
      world.block(p -> p instanceof World.Ike m && m.is(ExchangeType.IKE_AUTH, false));
    }
    a.send(b, 0);
    world.run(Duration.ofMillis(500));
    world.state.forged();
    sa = b.keys.last();
    nextOfA = stage == Stage.HALF_OPEN ? 1 : 2;
  }

  public long spiInitiator() {
    return sa.spiInitiator();
  }

  public long spiResponder() {
    return sa.spiResponder();
  }

  /** A datagram to b that says it comes from a, or to a from b. */
  public List<Action> datagram(byte[] octets, boolean toB, int port) {
    Host host = toB ? b : a;
    Host claimed = toB ? a : b;
    return deliver(host, octets, new Endpoint(claimed.address, port), port);
  }

  /**
   * A message protected with the keys of the other end.
   *
   * @param ahead added to the message ID that is due
   * @param plaintext payloads; a pad length of 0 is added
   */
  public List<Action> sealed(
      ExchangeType exchange,
      boolean toB,
      boolean response,
      int ahead,
      int first,
      byte[] plaintext) {
    int due = response ? (toB ? nextOfB : nextOfA) : (toB ? nextOfA : nextOfB);
    IkeHeader header =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, toB, response, due + ahead);
    byte[] padded = Arrays.copyOf(plaintext, plaintext.length + 1);
    byte[] message = Forge.sealPlaintext(sa.copy(), header, first, padded);
    List<Action> actions = datagram(message, toB, 4500);
    if (!response) {
      answered(actions, toB);
    }
    return actions;
  }

  /**
   * One fragment of a request, protected with the keys of the other end.
   *
   * @param ahead added to the message ID that is due
   */
  public List<Action> fragment(
      ExchangeType exchange,
      boolean toB,
      int ahead,
      int first,
      Datagram.Fragment which,
      byte[] content) {
    int due = toB ? nextOfA : nextOfB;
    IkeHeader header =
        new IkeHeader(sa.spiInitiator(), sa.spiResponder(), exchange, toB, false, due + ahead);
    byte[] message =
        Forge.sealFragment(sa.copy(), header, first, which.number(), which.total(), content);
    List<Action> actions = datagram(message, toB, 4500);
    answered(actions, toB);
    return actions;
  }

  private void answered(List<Action> actions, boolean toB) {
    if (actions.stream().anyMatch(Siege::isAnswer)) {
      nextOfA += toB ? 1 : 0;
      nextOfB += toB ? 0 : 1;
    }
  }

  private static boolean isAnswer(Action action) {
    return action instanceof Action.Send s && (s.message()[FLAGS] & RESPONSE) != 0;
  }

  private List<Action> deliver(Host host, byte[] octets, Endpoint from, int port) {
    long before = Cost.allocated();
    List<Action> actions = host.ike(octets, from, port);
    long cost = Cost.allocated() - before;
    boolean dropped = actions.stream().allMatch(Action.Drop.class::isInstance);
    if (dropped && octets.length > 18 && octets[18] != ExchangeType.IKE_SA_INIT.id()) {
      dearest = Math.max(dearest, cost);
    }
    return actions;
  }

  /** Octets allocated for the dearest datagram that led to nothing but a counted drop. */
  public long dearestDrop() {
    return dearest;
  }

  /** Something that happens at b itself. */
  public void local(int what) {
    switch (what) {
      case 0 -> b.run(b.endpoint().rekeyChild(a.identity, world.now()));
      case 1 -> b.run(b.endpoint().replaceIkeSa(a.identity, world.now()));
      case 2 -> b.send(a, 77);
      case 3 -> b.run(b.endpoint().unknownSpi(0x01020304, at(a), world.now()));
      case 4 -> a.send(b, 78);
      case 5 -> b.knows(a, Lifetimes.DEFAULT, Host.key(2, "l"), Host.key(1, "k"));
      case 6 -> b.forgets(a);
      case 7 -> b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
      case 8 -> b.run(b.endpoint().rekeyIkeSa(a.identity, world.now()));
      default -> b.send(a, 79);
    }
  }

  private static Endpoint at(Host host) {
    return new Endpoint(host.address, 4500);
  }

  /** What the pods send each other arrives, and timers fire. */
  public void pass(Duration time) {
    world.run(time);
  }

  /** Whether the SA that stood when the script began is still the one. */
  public boolean sameSaStands() {
    return a.establishedWith(b).size() == 1
        && b.establishedWith(a).size() == 1
        && a.establishedWith(b).getFirst().localSpi() == sa.spiInitiator();
  }

  /** Whether anybody is authenticated or has a child at b. */
  public boolean anybodyAtB() {
    return !b.endpoint().established().isEmpty() || b.childrenWith(a) > 0;
  }

  /**
   * Whether packets of a reach b within a virtual minute after a has started anew: whoever spoke
   * for a knows more of its SA than a does.
   */
  public boolean recovers() {
    world.openAll();
    a.restart();
    for (int i = 0; i < 60; i++) {
      int number = 1000 + i;
      a.send(b, number);
      world.run(Duration.ofSeconds(1));
      if (b.received.contains(number)) {
        return true;
      }
    }
    return false;
  }

  /** What logs and status pages would show, for whoever wants to see that it can be shown. */
  public String shown() {
    return a.events + " " + b.events + " " + a.endpoint().view() + " " + b.endpoint().view();
  }
}
