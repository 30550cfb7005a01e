package io.podseal.protocol.ike;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageText;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.LocalPod;
import io.podseal.protocol.udpencap.Ports;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Writes every IKE message as a line, for an operator who debugs. Nothing is made into text unless
 * somebody reads it. Lines never hold keys, see {@link MessageText}.
 *
 * @param enabled asked before each line
 */
public record MessageLog(BooleanSupplier enabled, Consumer<String> lines) {
  public static final MessageLog NONE = new MessageLog(() -> false, line -> {});

  /** Messages without Encrypted payload among {@code actions}; the others are logged as made. */
  public void sentClear(LocalPod self, List<Action> actions) {
    if (!enabled.getAsBoolean()) {
      return;
    }
    for (Action action : actions) {
      if (action instanceof Action.Send send
          && MessageDecoder.decode(send.message()) instanceof Decoded.Ok<Datagram> ok
          && ok.value().encrypted().isEmpty()) {
        IkeMessage message = ok.value().clearMessage();
        line(
            local(self, send),
            send.to(),
            message.header(),
            MessageText.of(message.header(), message.payloads(), false));
      }
    }
  }

  /** A datagram arrived; if all of it is in clear, this is the message. */
  public void received(Input.Received in) {
    if (enabled.getAsBoolean() && in.datagram().encrypted().isEmpty()) {
      IkeMessage message = in.datagram().clearMessage();
      line(
          in.from(),
          in.to(),
          message.header(),
          MessageText.of(message.header(), message.payloads(), false));
    }
  }

  /** What the datagrams among {@code actions} that were dropped are, and why. */
  public void dropped(Input.Received in, List<Action> actions) {
    if (!enabled.getAsBoolean()) {
      return;
    }
    for (Action action : actions) {
      if (action instanceof Action.Drop drop) {
        IkeHeader header = in.datagram().header();
        String what = MessageText.kind(header) + part(in.datagram());
        line(in.from(), in.to(), header, what + " dropped: " + drop.reason().label());
      }
    }
  }

  private static String part(Datagram datagram) {
    return datagram.fragment().map(f -> " fragment " + f.number() + "/" + f.total()).orElse("");
  }

  void sent(
      LocalPod self, IkeHeader header, List<? extends Payload> payloads, List<Action.Send> sends) {
    if (enabled.getAsBoolean()) {
      line(
          local(self, sends.getFirst()),
          sends.getFirst().to(),
          header,
          MessageText.of(header, payloads, true) + fragments(sends.size()));
    }
  }

  void opened(Input.Received in, IkeMessage message, int fragments) {
    if (enabled.getAsBoolean()) {
      line(
          in.from(),
          in.to(),
          message.header(),
          MessageText.of(message.header(), message.payloads(), true) + fragments(fragments));
    }
  }

  private static String fragments(int count) {
    return count > 1 ? " in " + count + " fragments" : "";
  }

  private static Endpoint local(LocalPod self, Action.Send send) {
    return new Endpoint(self.address(), send.encapsulated() ? Ports.IKE_NAT_TRAVERSAL : Ports.IKE);
  }

  private void line(Endpoint from, Endpoint to, IkeHeader header, String text) {
    HexFormat hex = HexFormat.of();
    String spis =
        hex.toHexDigits(header.spiInitiator()) + ":" + hex.toHexDigits(header.spiResponder());
    lines.accept(from + " -> " + to + " " + spis + " " + text);
  }
}
