package io.podseal.protocol.fuzz;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.sim.Recording;
import io.podseal.protocol.sim.Siege;
import io.podseal.protocol.wire.ByteWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whole endpoints under a script of datagrams, time and local events.
 *
 * <pre>
 * 0 control datagram            to b, in clear; control: 1 mends Length, 2 mends SPIs, 4 is port 500
 * 1 control datagram            the same to a
 * 2 exchange ahead first inner  a request to b, sealed with a's keys
 * 3 exchange ahead first inner  a request to a, sealed with b's keys
 * 4 exchange ahead first inner  a response to b, sealed with a's keys
 * 5 exchange ahead first inner  a response to a, sealed with b's keys
 * 6 tenths                      time passes, datagrams between a and b arrive
 * 7 what                        something happens at b
 * 8 exchange ahead first number total content    a fragment of a request to b; number has 2 octets
 * 9 exchange ahead first number total content    a fragment of a request to a; so has total
 * 10 exchange ahead first number total content   a fragment of a response to b
 * 11 exchange ahead first number total content   a fragment of a response to a
 * 12 exchange ahead first content   a request to b with a right ICV around anything, if not AEAD
 * </pre>
 *
 * In what is sealed, {@link Siege#LINK} and {@link Siege#CHILD} stand for what the pods drew.
 */
class EndpointTarget implements FuzzTarget {
  private static final int KINDS = 13;
  private static final int RESPONSE = 0x20;
  private static final ExchangeType[] EXCHANGES = ExchangeType.values();

  /** What the author of the script holds, and therefore what must never come of it. */
  private enum Author {
    /** No keys: whatever is sent, the SA stands. */
    STRANGER,
    /** The keys of an IKE_SA_INIT, as everybody has who asks; no pre-shared key. */
    UNPROVEN,
    /** Everything: may end its own SA, but not stop the pods for good. */
    PEER
  }

  private final String name;
  private final String about;
  private final Author author;
  private final Siege.Stage stage;

  private EndpointTarget(String name, String about, Author author) {
    this(
        name,
        about,
        author,
        author == Author.UNPROVEN ? Siege.Stage.HALF_OPEN : Siege.Stage.ESTABLISHED);
  }

  private EndpointTarget(String name, String about, Author author, Siege.Stage stage) {
    this.name = name;
    this.about = about;
    this.author = author;
    this.stage = stage;
  }

  static EndpointTarget clear() {
    return new EndpointTarget(
        "endpoint-clear", "datagrams in clear to pods with an SA", Author.STRANGER);
  }

  static EndpointTarget auth() {
    return new EndpointTarget(
        "endpoint-auth", "sealed messages before anybody is authenticated", Author.UNPROVEN);
  }

  static EndpointTarget peer() {
    return new EndpointTarget(
        "endpoint-peer", "sealed messages of an authenticated peer", Author.PEER);
  }

  static EndpointTarget fragments() {
    return new EndpointTarget(
        "endpoint-fragments", "fragments of an authenticated peer's messages", Author.PEER) {
      @Override
      public List<Seed> seeds() {
        return FragmentSeeds.all();
      }
    };
  }

  static EndpointTarget cbc() {
    return new EndpointTarget(
        "endpoint-cbc",
        "messages of an authenticated peer under AES-CBC with HMAC",
        Author.PEER,
        Siege.Stage.ESTABLISHED_CBC) {
      @Override
      public List<Seed> seeds() {
        return CbcSeeds.all();
      }
    };
  }

  static EndpointTarget intermediate() {
    return new EndpointTarget(
        "endpoint-intermediate",
        "sealed messages before IKE_INTERMEDIATE",
        Author.UNPROVEN,
        Siege.Stage.BEFORE_INTERMEDIATE) {
      @Override
      public List<Seed> seeds() {
        return AdditionalSeeds.ofIntermediate();
      }
    };
  }

  static EndpointTarget followup() {
    return new EndpointTarget(
        "endpoint-followup",
        "sealed messages of an authenticated peer of the default profile",
        Author.PEER,
        Siege.Stage.ESTABLISHED_HYBRID) {
      @Override
      public List<Seed> seeds() {
        return AdditionalSeeds.ofFollowup();
      }
    };
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String about() {
    return about;
  }

  @Override
  public void run(byte[] input) {
    // What a datagram costs is measured inside; the first script may load classes, the next do not.
    long dearest = play(input);
    for (int i = 0; i < 3 && dearest > Cost.ALLOCATION; i++) {
      dearest = play(input);
    }
    if (dearest > Cost.ALLOCATION) {
      throw new AssertionError("a datagram that is only dropped allocates " + dearest + " octets");
    }
  }

  /** What has become of the pods at the end of the script. */
  Siege played(byte[] input) {
    Siege siege = new Siege(stage);
    Script script = new Script(input);
    while (script.hasNext()) {
      step(siege, script.next());
    }
    return siege;
  }

  private long play(byte[] input) {
    Siege siege = played(input);
    if (siege.shown().isEmpty()) {
      throw new AssertionError("nothing to show");
    }
    switch (author) {
      case STRANGER -> {
        if (!siege.sameSaStands()) {
          throw new AssertionError("a stranger ended the SA: " + siege.shown());
        }
      }
      case UNPROVEN -> {
        if (siege.anybodyAtB()) {
          throw new AssertionError("nobody proved anything: " + siege.shown());
        }
      }
      case PEER -> {
        siege.local(7);
        if (!siege.recovers()) {
          throw new AssertionError("the pods do not find together again: " + siege.shown());
        }
      }
    }
    return siege.dearestDrop();
  }

  private void step(Siege siege, Script.Step step) {
    int what = step.what() % KINDS;
    boolean mayTouchTime = author == Author.PEER;
    switch (what) {
      case 0, 1 -> clear(siege, step, what == 0);
      case 2, 3, 4, 5 -> {
        if (author != Author.STRANGER && !(author == Author.UNPROVEN && what % 2 == 1)) {
          siege.sealed(
              EXCHANGES[step.u8(0) % EXCHANGES.length],
              what % 2 == 0,
              what >= 4,
              (byte) step.u8(1),
              step.u8(2),
              step.from(3));
        }
      }
      case 6 -> siege.pass(Duration.ofMillis(mayTouchTime ? 100L * step.u8(0) : step.u8(0)));
      case 8, 9, 10, 11 -> {
        if (author == Author.PEER || (author == Author.UNPROVEN && what == 8)) {
          siege.fragment(
              EXCHANGES[step.u8(0) % EXCHANGES.length],
              what % 2 == 0,
              what >= 10,
              (byte) step.u8(1),
              step.u8(2),
              new Datagram.Fragment(step.u8(3) << 8 | step.u8(4), step.u8(5) << 8 | step.u8(6)),
              step.from(7));
        }
      }
      case 12 -> {
        if (stage == Siege.Stage.ESTABLISHED_CBC) {
          siege.authenticated(
              EXCHANGES[step.u8(0) % EXCHANGES.length],
              (byte) step.u8(1),
              step.u8(2),
              step.from(3));
        }
      }
      default -> {
        if (mayTouchTime) {
          siege.local(step.u8(0) % 10);
        }
      }
    }
  }

  private static void clear(Siege siege, Script.Step step, boolean toB) {
    int control = step.u8(0);
    if (step.octets().length == 0) {
      return;
    }
    byte[] datagram = ClearMessageTarget.datagram(step.octets(), 0, step.octets().length);
    if ((control & 2) != 0 && datagram.length >= 16) {
      byte[] spis = new ByteWriter().u64(siege.spiInitiator()).u64(siege.spiResponder()).toArray();
      System.arraycopy(spis, 0, datagram, 0, 16);
    }
    List<Action> actions = siege.datagram(datagram, toB, (control & 4) != 0 ? 500 : 4500);
    for (Action action : actions) {
      if (action instanceof Action.Send s && s.message().length > datagram.length && toB) {
        boolean ours = (s.message()[19] & RESPONSE) == 0;
        if (!ours) {
          throw new AssertionError("an answer of " + s.message().length + " to " + datagram.length);
        }
      }
    }
  }

  @Override
  public List<Seed> seeds() {
    List<Seed> seeds = new ArrayList<>();
    for (Recording.Message message : Recording.ofEverything()) {
      if (author != Author.STRANGER && message.payloads().isPresent()) {
        seeds.add(new Seed(message.name(), sealed(message)));
      } else {
        int control = message.payloads().isPresent() ? 3 : 5;
        seeds.add(
            new Seed(
                message.name(),
                new Script.Writer()
                    .step(0, ClearMessageTarget.withControl(control, message.octets()))
                    .step(1, ClearMessageTarget.withControl(control, message.octets()))
                    .toArray()));
      }
    }
    return seeds;
  }

  /** The message as a request, as a response, and after b has begun an exchange of its own. */
  static byte[] sealed(Recording.Message message) {
    byte[] content = content(message.exchange(), message.payloads().orElseThrow());
    return new Script.Writer()
        .step(2, content)
        .step(7, 0)
        .step(4, content)
        .step(6, 5)
        .step(3, content)
        .toArray();
  }

  /** How a script names an exchange. */
  static int index(ExchangeType exchange) {
    return List.of(EXCHANGES).indexOf(exchange);
  }

  /** What steps 2 to 5 take: a message whose ID is the one that is due. */
  static byte[] content(ExchangeType exchange, List<? extends Payload> payloads) {
    return new ByteWriter()
        .u8(index(exchange))
        .u8(0)
        .u8(MessageEncoder.firstType(payloads))
        .bytes(MessageEncoder.inner(payloads))
        .toArray();
  }
}
