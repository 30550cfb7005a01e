package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.fuzz.Cost;
import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.CbcForge;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Two pods, a and b, and somebody who speaks to them from anywhere, without keys or with those of
 * their IKE SA; the same script does the same every time.
 */
public final class Siege {
  private static final int EXCHANGE = 18;
  private static final int FLAGS = 19;
  private static final int RESPONSE = 0x20;

  /** How far the pods have come when the script begins. */
  public enum Stage {
    /** b has answered IKE_SA_INIT; a's IKE_AUTH is lost on its way. */
    HALF_OPEN,
    /** One IKE SA, begun by a, and its child. */
    ESTABLISHED,
    /** As HALF_OPEN, but of the default profile: b waits for IKE_INTERMEDIATE. */
    BEFORE_INTERMEDIATE,
    /** As ESTABLISHED, but of the default profile: IKE_FOLLOWUP_KE follows a CREATE_CHILD_SA. */
    ESTABLISHED_HYBRID,
    /** As ESTABLISHED, but under AES-CBC with HMAC. */
    ESTABLISHED_CBC;

    private boolean isHybrid() {
      return this == BEFORE_INTERMEDIATE || this == ESTABLISHED_HYBRID;
    }
  }

  private static final CryptoOffer CBC_FIRST =
      CryptoOffer.CLASSIC
          .withIntegrity(List.of(IntegrityAlgorithm.HMAC_SHA2_256_128))
          .withEncryption(
              List.of(EncryptionAlgorithm.AES_CBC_256, EncryptionAlgorithm.AES_GCM_16_256));

  /** Stands in a script for the link that b, or a, has put last into an answer (RFC 9370). */
  public static final Bytes LINK = Bytes.ofHex("1111111111111111eeeeeeeeeeeeeeee");

  /** Stands in a script for the SPI that its author receives on. */
  public static final int CHILD = 0x11eeee11;

  private final World world = new World(1);
  private final Host a = world.host("a", "10.0.0.1", 1);
  private final Host b = world.host("b", "10.0.0.2", 2);
  private final long spiInitiator;
  private final long spiResponder;
  private byte[] linkOfA = LINK.toArray();
  private byte[] linkOfB = LINK.toArray();
  private int nextOfA;
  private int nextOfB;
  private long dearest;

  public Siege(Stage stage) {
    CryptoOffer offer =
        stage == Stage.ESTABLISHED_CBC
            ? CBC_FIRST
            : stage.isHybrid() ? CryptoOffer.HYBRID : CryptoOffer.CLASSIC;
    a.offer = offer;
    b.offer = offer;
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    switch (stage) {
      case HALF_OPEN -> lose(ExchangeType.IKE_AUTH);
      case BEFORE_INTERMEDIATE -> lose(ExchangeType.IKE_INTERMEDIATE);
      case ESTABLISHED, ESTABLISHED_HYBRID, ESTABLISHED_CBC -> {}
    }
    a.send(b, 0);
    world.run(Duration.ofMillis(500));
    world.state.forged();
    spiInitiator = b.keys.last().spiInitiator();
    spiResponder = b.keys.last().spiResponder();
    nextOfA =
        switch (stage) {
          case HALF_OPEN, BEFORE_INTERMEDIATE -> 1;
          case ESTABLISHED, ESTABLISHED_CBC -> 2;
          case ESTABLISHED_HYBRID -> 3;
        };
  }

  private void lose(ExchangeType exchange) {
    world.block(p -> p instanceof World.Ike m && m.is(exchange, false));
  }

  public long spiInitiator() {
    return spiInitiator;
  }

  public long spiResponder() {
    return spiResponder;
  }

  /** What protects the SA's messages; IKE_INTERMEDIATE changes it. */
  private IkeKeys keys() {
    return b.keys.ike.stream()
        .filter(k -> k.spiInitiator() == spiInitiator && k.spiResponder() == spiResponder)
        .toList()
        .getLast()
        .copy();
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
    IkeHeader header = header(exchange, toB, response, ahead);
    byte[] padded = Arrays.copyOf(mended(plaintext, toB), plaintext.length + 1);
    IkeKeys keys = keys();
    byte[] message = Forge.sealPlaintext(keys, header, first, padded);
    List<Action> actions = datagram(message, toB, 4500);
    if (!response) {
      answered(actions, toB);
      actions.stream()
          .filter(Siege::isAnswer)
          .forEach(s -> learnLink(keys, ((Action.Send) s).message(), toB));
    }
    return actions;
  }

  /**
   * One fragment of a message, protected with the keys of the other end.
   *
   * @param ahead added to the message ID that is due
   */
  public List<Action> fragment(
      ExchangeType exchange,
      boolean toB,
      boolean response,
      int ahead,
      int first,
      Datagram.Fragment which,
      byte[] content) {
    IkeHeader header = header(exchange, toB, response, ahead);
    byte[] part = mended(content, toB);
    byte[] message = Forge.sealFragment(keys(), header, first, which.number(), which.total(), part);
    List<Action> actions = datagram(message, toB, 4500);
    if (!response) {
      answered(actions, toB);
    }
    return actions;
  }

  /** A request to b under AES-CBC, with a right ICV whatever the rest of its content is. */
  public List<Action> authenticated(ExchangeType exchange, int ahead, int first, byte[] content) {
    IkeHeader header = header(exchange, true, false, ahead);
    List<Action> actions =
        datagram(CbcForge.sealContent(keys(), header, first, content), true, 4500);
    answered(actions, true);
    return actions;
  }

  private IkeHeader header(ExchangeType exchange, boolean toB, boolean response, int ahead) {
    int due = toB == response ? nextOfB : nextOfA;
    return new IkeHeader(spiInitiator, spiResponder, exchange, toB, response, due + ahead);
  }

  /** A script cannot know what the pods draw by lot: put in for what stands for it. */
  private byte[] mended(byte[] plaintext, boolean toB) {
    Host author = toB ? a : b;
    Host victim = toB ? b : a;
    byte[] spi = Bytes.ofInt(author.outboundTo(victim).orElse(CHILD)).toArray();
    byte[] copy = plaintext.clone();
    replace(copy, LINK.toArray(), toB ? linkOfB : linkOfA);
    replace(copy, Bytes.ofInt(CHILD).toArray(), spi);
    return copy;
  }

  private static void replace(byte[] in, byte[] what, byte[] by) {
    for (int i = 0; i + what.length <= in.length; i++) {
      if (Arrays.equals(in, i, i + what.length, what, 0, what.length)) {
        System.arraycopy(by, 0, in, i, by.length);
      }
    }
  }

  private void learnLink(IkeKeys keys, byte[] answer, boolean ofB) {
    Datagram datagram = Forge.value(MessageDecoder.decode(answer));
    if (datagram.encrypted().isEmpty() || datagram.fragment().isPresent()) {
      return;
    }
    Forge.open(keys, answer)
        .notify(NotifyType.ADDITIONAL_KEY_EXCHANGE)
        .map(n -> n.data().toArray())
        .ifPresent(link -> {
          linkOfB = ofB ? link : linkOfB;
          linkOfA = ofB ? linkOfA : link;
        });
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
    if (dropped && octets.length > FLAGS && !mayHaveExchangedKeys(octets, actions)) {
      dearest = Math.max(dearest, cost);
    }
    return actions;
  }

  /** The cost of a key exchange is limited otherwise; after it the value may prove to be bad. */
  private static boolean mayHaveExchangedKeys(byte[] octets, List<Action> actions) {
    return octets[EXCHANGE] == ExchangeType.IKE_SA_INIT.id()
        && ((octets[FLAGS] & RESPONSE) != 0
            || actions.contains(new Action.Drop(DropReason.IKE_PAYLOAD_SYNTAX)));
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
        && a.establishedWith(b).getFirst().localSpi() == spiInitiator;
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

  /** How often an event of this class has happened at a or b. */
  public long seenAt(boolean atA, String event) {
    return (atA ? a : b)
        .events.stream().filter(e -> e.getClass().getSimpleName().equals(event)).count();
  }

  /** What logs and status pages would show, for whoever wants to see that it can be shown. */
  public String shown() {
    return a.events + " " + b.events + " " + a.endpoint().view() + " " + b.endpoint().view();
  }
}
