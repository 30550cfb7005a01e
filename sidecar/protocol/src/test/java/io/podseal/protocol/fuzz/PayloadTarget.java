package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.sim.Recording;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The content of one payload, without its generic header, under each type that is written so. */
final class PayloadTarget implements FuzzTarget {
  private static final int GENERIC_HEADER = 4;

  private final String name;
  private final List<Integer> types;

  PayloadTarget(String name, Integer... types) {
    this.name = name;
    this.types = List.of(types);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String about() {
    return "the content of a payload of type "
        + types.stream().map(String::valueOf).collect(Collectors.joining(" or "));
  }

  @Override
  public void run(byte[] input) {
    byte[] chain = new byte[GENERIC_HEADER + input.length];
    chain[2] = (byte) (chain.length >>> 8);
    chain[3] = (byte) chain.length;
    System.arraycopy(input, 0, chain, GENERIC_HEADER, input.length);
    types.forEach(type -> InnerMessageTarget.decode(type, chain));
  }

  @Override
  public List<Seed> seeds() {
    List<Seed> seeds = new ArrayList<>();
    for (IkeMessage message : Recording.payloadsOfEverything()) {
      for (Payload payload : message.payloads()) {
        byte[] content = content(payload);
        if (types.contains(payload.type())
            && seeds.stream().noneMatch(s -> Arrays.equals(s.octets(), content))) {
          seeds.add(new Seed("real-" + (seeds.size() + 1), content));
        }
      }
    }
    if (seeds.isEmpty()) {
      seeds.add(new Seed("any", new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    }
    return seeds;
  }

  private static byte[] content(Payload payload) {
    byte[] chain = MessageEncoder.inner(List.of(payload));
    return Arrays.copyOfRange(chain, GENERIC_HEADER, chain.length);
  }
}
