package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.sim.Recording;
import io.podseal.protocol.wire.ByteWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Scripts of whole messages in fragments, and of fragments that make none. */
final class FragmentSeeds {
  private static final int RESPONSE_TO_B = 4;
  private static final int TIME = 6;
  private static final int AT_B = 7;
  private static final int OF_REQUEST_TO_B = 8;
  private static final int OF_RESPONSE_TO_B = 10;
  private static final int B_REKEYS_CHILD = 0;
  private static final int B_REKEYS_IKE = 8;

  private FragmentSeeds() {}

  static List<Seed> all() {
    List<Seed> seeds = new ArrayList<>();
    for (Recording.Message message : Recording.ofEverything()) {
      if (message.payloads().isPresent() && message.isRequest()) {
        ExchangeType exchange = message.exchange();
        List<Payload> payloads = message.payloads().get();
        seeds.add(seed(message.name(), request(exchange, payloads, 3, 0, 1, 2)));
        seeds.add(seed(message.name() + "-backwards", request(exchange, payloads, 2, 1, 0, 0)));
      }
    }
    seeds.add(seed("numbers", fragment(0, 0).step(OF_REQUEST_TO_B, new byte[7]).step(TIME, 255)));
    seeds.add(seed("too-many", fragment(1, 0xffff)));
    seeds.add(seed("beyond", fragment(3, 2).step(TIME, 100)));
    seeds.addAll(ofResponses(1));
    return seeds;
  }

  /**
   * Answers to what b begins, which come before a's own.
   *
   * @param proposal number of the one that is accepted, with AES-GCM
   */
  static List<Seed> ofResponses(int proposal) {
    List<Payload> child = response(payloads -> !isAboutIke(payloads), proposal);
    List<Payload> ike = response(FragmentSeeds::isAboutIke, proposal);
    List<Payload> refusal = List.of(NotifyPayload.of(NotifyType.NO_PROPOSAL_CHOSEN));
    return List.of(
        seed("response-child-rekey", answer(B_REKEYS_CHILD, child, 3, 0, 1, 2)),
        seed("response-backwards", answer(B_REKEYS_CHILD, child, 2, 1, 1, 0)),
        seed("response-ike-rekey", answer(B_REKEYS_IKE, ike, 2, 0, 1)),
        seed("response-refusal", answer(B_REKEYS_CHILD, refusal, 1, 0).step(TIME, 10)),
        seed(
            "response-cut-anew",
            split(
                answer(B_REKEYS_CHILD, child, 2, 0),
                OF_RESPONSE_TO_B,
                ExchangeType.CREATE_CHILD_SA,
                child,
                4,
                3,
                2,
                1,
                0)),
        seed(
            "response-whole-after-a-part",
            answer(B_REKEYS_CHILD, child, 2, 0)
                .step(RESPONSE_TO_B, EndpointTarget.content(ExchangeType.CREATE_CHILD_SA, child))),
        seed("response-in-part", answer(B_REKEYS_CHILD, child, 3, 0, 2).step(TIME, 255)),
        seed(
            "response-unasked",
            split(
                new Script.Writer(),
                OF_RESPONSE_TO_B,
                ExchangeType.CREATE_CHILD_SA,
                child,
                2,
                0,
                1)));
  }

  private static Seed seed(String name, Script.Writer script) {
    return new Seed(name, script.toArray());
  }

  private static Script.Writer fragment(int number, int total) {
    return new Script.Writer()
        .step(OF_REQUEST_TO_B, 3, 0, 43, number >>> 8, number, total >>> 8, total, 0, 0, 0, 4);
  }

  private static Script.Writer request(
      ExchangeType exchange, List<Payload> payloads, int total, int... order) {
    return split(new Script.Writer(), OF_REQUEST_TO_B, exchange, payloads, total, order);
  }

  /** b begins an exchange and gets some of the fragments of an answer. */
  private static Script.Writer answer(int begins, List<Payload> payloads, int total, int... order) {
    return split(
        new Script.Writer().step(AT_B, begins),
        OF_RESPONSE_TO_B,
        ExchangeType.CREATE_CHILD_SA,
        payloads,
        total,
        order);
  }

  /** The message in {@code total} fragments, those of {@code order}. */
  private static Script.Writer split(
      Script.Writer script,
      int kind,
      ExchangeType exchange,
      List<Payload> payloads,
      int total,
      int... order) {
    byte[] inner = MessageEncoder.inner(payloads);
    for (int i : order) {
      byte[] part =
          Arrays.copyOfRange(inner, inner.length * i / total, inner.length * (i + 1) / total);
      script.step(
          kind,
          new ByteWriter()
              .u8(EndpointTarget.index(exchange))
              .u8(0)
              .u8(i == 0 ? MessageEncoder.firstType(payloads) : 0)
              .u16(i + 1)
              .u16(total)
              .bytes(part)
              .toArray());
    }
    return script;
  }

  /** What b has answered to a rekey of a, as a would answer b. */
  private static List<Payload> response(Predicate<List<Payload>> which, int proposal) {
    return Recording.ofEverything().stream()
        .filter(m -> m.exchange() == ExchangeType.CREATE_CHILD_SA && !m.isRequest())
        .map(m -> m.payloads().orElseThrow())
        .filter(which)
        .findFirst()
        .orElseThrow()
        .stream()
        .map(payload -> turned(payload, proposal))
        .toList();
  }

  private static Payload turned(Payload payload, int proposal) {
    return switch (payload) {
      case TsPayload ts -> new TsPayload(!ts.initiator(), ts.selectors());
      case SaPayload sa -> {
        Proposal p = sa.proposals().getFirst();
        yield new SaPayload(List.of(new Proposal(proposal, p.protocol(), p.spi(), p.transforms())));
      }
      default -> payload;
    };
  }

  private static boolean isAboutIke(List<Payload> payloads) {
    return payloads.stream()
        .anyMatch(
            p -> p instanceof SaPayload sa && sa.proposals().getFirst().protocol() == Proposal.IKE);
  }
}
