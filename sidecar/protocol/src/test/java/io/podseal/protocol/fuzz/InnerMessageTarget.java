package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.Decoded;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.sim.Recording;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What was inside an Encrypted payload: the type of the first payload, then the payloads. */
final class InnerMessageTarget implements FuzzTarget {
  private static final IkeHeader HEADER =
      new IkeHeader(1, 2, ExchangeType.CREATE_CHILD_SA, true, false, 3);

  @Override
  public String name() {
    return "inner-message";
  }

  @Override
  public String about() {
    return "the decrypted content of an Encrypted payload";
  }

  @Override
  public int longest() {
    return 9000;
  }

  @Override
  public void run(byte[] input) {
    if (input.length > 0) {
      decode(input[0] & 0xff, Arrays.copyOfRange(input, 1, input.length));
    }
  }

  static void decode(int first, byte[] plaintext) {
    Datagram outer = Rewriting.outer(HEADER, first, plaintext);
    switch (Cost.check(() -> MessageDecoder.decodeInner(outer, plaintext))) {
      case Decoded.Ok<IkeMessage> ok -> {
        Rewriting.read(ok.value());
        Rewriting.checkInner(HEADER, ok.value().payloads());
      }
      case Decoded.Malformed<IkeMessage> bad -> {
        if (bad.detail().isEmpty()) {
          throw new AssertionError(bad.reason() + " without detail");
        }
      }
    }
  }

  @Override
  public List<Seed> seeds() {
    List<Seed> seeds = new ArrayList<>();
    for (Recording.Message message : Recording.ofAll()) {
      message
          .payloads()
          .ifPresent(inner ->
              seeds.add(
                  new Seed(
                      message.name(),
                      ClearMessageTarget.withControl(
                          MessageEncoder.firstType(inner), MessageEncoder.inner(inner)))));
    }
    return seeds;
  }
}
