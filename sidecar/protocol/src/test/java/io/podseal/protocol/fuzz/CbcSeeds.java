package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.sim.Recording;
import io.podseal.protocol.wire.ByteWriter;
import java.util.ArrayList;
import java.util.List;

/** Scripts for an IKE SA under AES-CBC with HMAC: what is whole, what is cut, what is no block. */
final class CbcSeeds {
  private static final int TIME = 6;
  private static final int AUTHENTICATED = 12;

  private CbcSeeds() {}

  static List<Seed> all() {
    List<Seed> seeds = new ArrayList<>();
    for (Recording.Message message : Recording.ofEverything()) {
      boolean follows =
          message.exchange() == ExchangeType.CREATE_CHILD_SA
              || message.exchange() == ExchangeType.INFORMATIONAL;
      if (follows && message.isRequest()) {
        seeds.add(new Seed(message.name(), EndpointTarget.sealed(message)));
      }
    }
    seeds.addAll(FragmentSeeds.ofResponses(2));
    for (int length : new int[] {0, 15, 16, 17, 31, 32, 33, 48}) {
      byte[] content =
          new ByteWriter()
              .u8(EndpointTarget.index(ExchangeType.INFORMATIONAL))
              .u8(0)
              .u8(0)
              .bytes(new byte[length])
              .toArray();
      seeds.add(
          new Seed(
              "content-of-" + length,
              new Script.Writer().step(AUTHENTICATED, content).step(TIME, 5).toArray()));
    }
    return seeds;
  }
}
