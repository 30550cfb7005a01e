package io.podseal.protocol.fuzz;

import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.message.TsPayload;
import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.sim.Recording;
import io.podseal.protocol.sim.Siege;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Scripts that lead through IKE_INTERMEDIATE and IKE_FOLLOWUP_KE, and astray there. */
final class AdditionalSeeds {
  private static final int REQUEST_TO_B = 2;
  private static final int REQUEST_TO_A = 3;
  private static final int RESPONSE_TO_B = 4;
  private static final int TIME = 6;
  private static final int AT_B = 7;
  private static final int FRAGMENT_TO_B = 8;
  private static final int B_REKEYS_CHILD = 0;
  private static final int B_REKEYS_IKE = 8;

  private AdditionalSeeds() {}

  static List<Seed> ofIntermediate() {
    byte[] request = content(ExchangeType.IKE_INTERMEDIATE, m -> true);
    byte[] noKey = EndpointTarget.content(ExchangeType.IKE_INTERMEDIATE, List.of());
    byte[] shortKey =
        EndpointTarget.content(
            ExchangeType.IKE_INTERMEDIATE, List.of(new KePayload(36, Bytes.copyOf(new byte[32]))));
    Recording.Message auth =
        Recording.ofEverything().stream()
            .filter(m -> m.exchange() == ExchangeType.IKE_AUTH && m.isRequest())
            .findFirst()
            .orElseThrow();
    byte[] unproven = EndpointTarget.content(ExchangeType.IKE_AUTH, auth.payloads().orElseThrow());
    return List.of(
        seed("intermediate", script(REQUEST_TO_B, request)),
        seed("intermediate-then-auth", script(REQUEST_TO_B, request, unproven)),
        seed("intermediate-twice", script(REQUEST_TO_B, request, request)),
        seed("auth-before-intermediate", script(REQUEST_TO_B, unproven, request)),
        seed("intermediate-without-key", script(REQUEST_TO_B, noKey, request)),
        seed("intermediate-with-short-key", script(REQUEST_TO_B, shortKey, request)),
        seed("intermediate-in-fragments", inFragments()));
  }

  static List<Seed> ofFollowup() {
    byte[] rekeyChild = content(ExchangeType.CREATE_CHILD_SA, AdditionalSeeds::namesChild);
    byte[] rekeyChildOfA =
        EndpointTarget.content(
            ExchangeType.CREATE_CHILD_SA,
            request(ExchangeType.CREATE_CHILD_SA, AdditionalSeeds::namesChild).stream()
                .map(p ->
                    p instanceof TsPayload ts ? new TsPayload(!ts.initiator(), ts.selectors()) : p)
                .toList());
    byte[] rekeyIke = content(ExchangeType.CREATE_CHILD_SA, AdditionalSeeds::isAboutIke);
    byte[] create =
        EndpointTarget.content(
            ExchangeType.CREATE_CHILD_SA,
            request(ExchangeType.CREATE_CHILD_SA, AdditionalSeeds::namesChild).stream()
                .filter(p -> !isRekeyNotify(p))
                .toList());
    byte[] followup = content(ExchangeType.IKE_FOLLOWUP_KE, m -> true);
    byte[] noLink =
        EndpointTarget.content(
            ExchangeType.IKE_FOLLOWUP_KE,
            request(ExchangeType.IKE_FOLLOWUP_KE, m -> true).stream()
                .filter(p -> p instanceof KePayload)
                .toList());
    byte[] shortKey =
        EndpointTarget.content(
            ExchangeType.IKE_FOLLOWUP_KE,
            List.of(
                new KePayload(36, Bytes.copyOf(new byte[32])),
                NotifyPayload.of(NotifyType.ADDITIONAL_KEY_EXCHANGE, Siege.LINK)));
    List<Seed> seeds = new ArrayList<>();
    seeds.add(seed("child-rekey", script(REQUEST_TO_B, rekeyChild, followup).step(TIME, 10)));
    seeds.add(seed("child-create", script(REQUEST_TO_B, create, followup).step(TIME, 10)));
    seeds.add(seed("ike-rekey", script(REQUEST_TO_B, rekeyIke, followup).step(TIME, 10)));
    seeds.add(
        seed("child-rekey-of-a", script(REQUEST_TO_A, rekeyChildOfA, followup).step(TIME, 10)));
    seeds.add(seed("ike-rekey-of-a", script(REQUEST_TO_A, rekeyIke, followup).step(TIME, 10)));
    seeds.add(seed("followup-alone", script(REQUEST_TO_B, followup)));
    seeds.add(seed("followup-without-link", script(REQUEST_TO_B, rekeyIke, noLink, followup)));
    seeds.add(seed("followup-with-short-key", script(REQUEST_TO_B, create, shortKey)));
    seeds.add(seed("followup-answered-twice", script(REQUEST_TO_B, create, followup, followup)));
    seeds.add(
        seed(
            "followup-too-late",
            script(REQUEST_TO_B, rekeyChild).step(TIME, 210).step(REQUEST_TO_B, followup)));
    seeds.add(seed("given-up", script(REQUEST_TO_B, rekeyIke, create, followup)));
    for (int rekey : new int[] {B_REKEYS_CHILD, B_REKEYS_IKE}) {
      for (byte[] theirs : List.of(rekeyChild, rekeyIke)) {
        String name =
            "crossed-%s-%s"
                .formatted(
                    rekey == B_REKEYS_IKE ? "ike" : "child",
                    Arrays.equals(theirs, rekeyIke) ? "ike" : "child");
        seeds.add(
            seed(
                name,
                new Script.Writer()
                    .step(AT_B, rekey)
                    .step(REQUEST_TO_B, theirs)
                    .step(REQUEST_TO_B, followup)
                    .step(RESPONSE_TO_B, theirs)
                    .step(TIME, 5)));
      }
    }
    return seeds;
  }

  private static Seed seed(String name, Script.Writer script) {
    return new Seed(name, script.toArray());
  }

  private static Script.Writer script(int what, byte[]... contents) {
    Script.Writer script = new Script.Writer();
    for (byte[] content : contents) {
      script.step(what, content);
    }
    return script;
  }

  private static byte[] content(ExchangeType exchange, Predicate<List<Payload>> which) {
    return EndpointTarget.content(exchange, request(exchange, which));
  }

  /** The payloads of a recorded request, with what the pods draw left open. */
  private static List<Payload> request(ExchangeType exchange, Predicate<List<Payload>> which) {
    return Recording.ofAdditionalKeyExchanges().stream()
        .filter(m -> m.exchange() == exchange && m.isRequest())
        .map(m -> m.payloads().orElseThrow())
        .filter(which)
        .findFirst()
        .orElseThrow()
        .stream()
        .map(AdditionalSeeds::opened)
        .toList();
  }

  private static Payload opened(Payload payload) {
    if (!(payload instanceof NotifyPayload n)) {
      return payload;
    }
    return switch (n.notifyType()) {
      case NotifyType.ADDITIONAL_KEY_EXCHANGE -> NotifyPayload.of(n.notifyType(), Siege.LINK);
      case NotifyType.REKEY_SA ->
          new NotifyPayload(n.protocol(), Bytes.ofInt(Siege.CHILD), n.notifyType(), n.data());
      default -> n;
    };
  }

  private static boolean isRekeyNotify(Payload payload) {
    return payload instanceof NotifyPayload n && n.notifyType() == NotifyType.REKEY_SA;
  }

  private static boolean namesChild(List<Payload> payloads) {
    return payloads.stream().anyMatch(AdditionalSeeds::isRekeyNotify);
  }

  private static boolean isAboutIke(List<Payload> payloads) {
    return payloads.stream()
        .anyMatch(
            p -> p instanceof SaPayload sa && sa.proposals().getFirst().protocol() == Proposal.IKE);
  }

  private static Script.Writer inFragments() {
    List<Payload> payloads = request(ExchangeType.IKE_INTERMEDIATE, m -> true);
    byte[] inner = MessageEncoder.inner(payloads);
    Script.Writer script = new Script.Writer();
    for (int i = 0; i < 2; i++) {
      byte[] part = Arrays.copyOfRange(inner, inner.length * i / 2, inner.length * (i + 1) / 2);
      script.step(
          FRAGMENT_TO_B,
          new ByteWriter()
              .u8(EndpointTarget.index(ExchangeType.IKE_INTERMEDIATE))
              .u8(0)
              .u8(i == 0 ? MessageEncoder.firstType(payloads) : 0)
              .u16(i + 1)
              .u16(2)
              .bytes(part)
              .toArray());
    }
    return script;
  }
}
