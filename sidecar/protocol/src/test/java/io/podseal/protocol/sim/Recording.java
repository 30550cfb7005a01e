package io.podseal.protocol.sim;

import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.ike.IkeOptions;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Lifetimes;
import io.podseal.protocol.wire.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Every kind of message that two pods exchange, sealed and open; the same octets every time. */
public final class Recording {
  /** An IP datagram that holds any of the messages. */
  private static final int WHOLE = 1500;

  private Recording() {}

  /**
   * One message of an exchange.
   *
   * @param name exchange, direction and a number
   * @param payloads those inside its Encrypted payload, if it has one
   */
  public record Message(String name, byte[] octets, Optional<List<Payload>> payloads) {
    public ExchangeType exchange() {
      return header().exchange();
    }

    public boolean isRequest() {
      return !header().response();
    }

    private IkeHeader header() {
      return Forge.value(MessageDecoder.decode(octets)).header();
    }
  }

  /** A handshake, rekeys of child and IKE SA, a replacement, deletes, and refusals. */
  public static List<Message> ofEverything() {
    List<Message> messages = new ArrayList<>(of(CryptoOffer.CLASSIC));
    messages.add(withCookie(messages.getFirst()));
    return messages;
  }

  /** The same between pods of the default profile, as far as its messages differ. */
  public static List<Message> ofAdditionalKeyExchanges() {
    return of(CryptoOffer.HYBRID).stream().filter(Recording::isAboutAdditional).toList();
  }

  /** Both; what the default profile adds is called so. */
  public static List<Message> ofAll() {
    List<Message> messages = new ArrayList<>(ofEverything());
    ofAdditionalKeyExchanges()
        .forEach(m -> messages.add(new Message("hybrid-" + m.name(), m.octets(), m.payloads())));
    return messages;
  }

  private static boolean isAboutAdditional(Message message) {
    ExchangeType exchange = message.exchange();
    return exchange == ExchangeType.IKE_INTERMEDIATE
        || exchange == ExchangeType.IKE_FOLLOWUP_KE
        || exchange == ExchangeType.CREATE_CHILD_SA;
  }

  private static List<Message> of(CryptoOffer offer) {
    List<Message> messages = new ArrayList<>();
    World world = new World(1);
    Host a = world.host("orders.shop.pods.test", "10.0.0.1", 1);
    Host b = world.host("postgres.shop.pods.test", "10.0.0.2", 2);
    for (Host host : List.of(a, b)) {
      host.offer = offer;
      host.options(IkeOptions.DEFAULT.withFragmentSize(WHOLE));
    }
    a.knows(b, Lifetimes.DEFAULT, Host.key(1, "k"));
    b.knows(a, Lifetimes.DEFAULT, Host.key(1, "k"));
    world.record();
    a.send(b, 0);
    world.run(Duration.ofSeconds(1));
    a.run(a.endpoint().rekeyChild(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    a.run(a.endpoint().rekeyIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(10));
    a.run(a.endpoint().replaceIkeSa(b.identity, world.now()));
    world.run(Duration.ofSeconds(20));
    b.run(b.endpoint().shutdown(world.now()));
    world.run(Duration.ofSeconds(1));
    b.knows(a, Lifetimes.DEFAULT, Host.key(2, "another"));
    a.send(b, 1);
    world.run(Duration.ofSeconds(5));
    world.sent.forEach(s -> messages.add(message(messages.size(), s.ike(), a, b)));
    return messages;
  }

  private static Message message(int number, byte[] octets, Host a, Host b) {
    IkeHeader header = Forge.value(MessageDecoder.decode(octets)).header();
    String name =
        String.format(
            Locale.ROOT,
            "%02d-%s-%s",
            number,
            header.exchange().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            header.response() ? "response" : "request");
    Optional<List<Payload>> inside =
        header.exchange() == ExchangeType.IKE_SA_INIT
            ? Optional.empty()
            : Optional.of(Forge.open(keys(header, a, b).copy(), octets).payloads());
    return new Message(name, octets, inside);
  }

  private static Keys.IkeSaKeys keys(IkeHeader header, Host a, Host b) {
    List<Keys.IkeSaKeys> all = new ArrayList<>(a.keys.ike);
    all.addAll(b.keys.ike);
    List<Keys.IkeSaKeys> ofSa =
        all.stream()
            .filter(k -> k.spiInitiator() == header.spiInitiator())
            .filter(k -> k.spiResponder() == header.spiResponder())
            .toList();
    // What IKE_INTERMEDIATE agrees on protects the messages after it.
    return header.exchange() == ExchangeType.IKE_INTERMEDIATE ? ofSa.getFirst() : ofSa.getLast();
  }

  /** The request once more as RFC 7296 §2.6 wants it. */
  private static Message withCookie(Message request) {
    IkeMessage first = Forge.value(MessageDecoder.decode(request.octets())).clearMessage();
    List<Payload> payloads = new ArrayList<>();
    payloads.add(NotifyPayload.of(NotifyType.COOKIE, Bytes.copyOf(new byte[32])));
    payloads.addAll(first.payloads());
    return new Message(
        "ike-sa-init-cookie", MessageEncoder.clear(first.header(), payloads), Optional.empty());
  }

  /** The payloads of every message, decrypted. */
  public static List<IkeMessage> payloadsOfEverything() {
    List<IkeMessage> all = new ArrayList<>();
    for (Message message : ofAll()) {
      IkeMessage clear = Forge.value(MessageDecoder.decode(message.octets())).clearMessage();
      all.add(message.payloads().map(p -> new IkeMessage(clear.header(), p)).orElse(clear));
    }
    return all;
  }
}
