package io.podseal.protocol.bench;

import io.podseal.protocol.bench.Spent.End;
import io.podseal.protocol.bench.Spent.Stage;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.policy.CryptoOffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** CPU time of handshakes, kind by kind in turn; of all rounds the median counts. */
final class Rates {
  private static final int WARM_UP = 3;
  private static final int ROUNDS = 9;
  private static final int HANDSHAKES = 200;

  /** A kind of handshake and its rounds. */
  record Kind(String name, CryptoOffer offer, boolean withChild, List<Spent> rounds) {
    Kind(String name, CryptoOffer offer, boolean withChild) {
      this(name, offer, withChild, new ArrayList<>());
    }

    double median(ToDoubleFunction<Spent> of) {
      return rounds.stream().mapToDouble(of).sorted().toArray()[rounds.size() / 2];
    }

    double least(ToDoubleFunction<Spent> of) {
      return rounds.stream().mapToDouble(of).min().orElseThrow();
    }

    double most(ToDoubleFunction<Spent> of) {
      return rounds.stream().mapToDouble(of).max().orElseThrow();
    }
  }

  private Rates() {}

  static List<Kind> measure(CryptoProvider crypto) {
    List<Kind> kinds =
        List.of(
            new Kind("X25519, childless", CryptoOffer.CLASSIC, false),
            new Kind("X25519, one child", CryptoOffer.CLASSIC, true),
            new Kind("hybrid, childless", CryptoOffer.HYBRID, false),
            new Kind("hybrid, one child", CryptoOffer.HYBRID, true));
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      for (Kind kind : kinds) {
        Spent spent = new Spent();
        new Star(crypto, End.RESPONDER, kind.offer(), HANDSHAKES).fill(kind.withChild(), spent);
        if (round >= 0) {
          kind.rounds().add(spent);
        }
      }
    }
    return kinds;
  }

  static String report(List<Kind> kinds) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        Handshakes per second on one core, 1 / CPU time of the end: the median of %d interleaved rounds of %d
        handshakes, and the slowest and the fastest round. Both ends of this table run in one thread, without sockets;
        the JVM's own threads (JIT, garbage collection) are not in it.

        | handshake | initiator | responder |
        |---|---|---|
        """
            .formatted(ROUNDS, HANDSHAKES));
    for (Kind kind : kinds) {
      text.append("| %s |".formatted(kind.name()));
      for (End end : End.values()) {
        text.append(
            " %.0f (%.0f-%.0f) |"
                .formatted(
                    1e6 / kind.median(s -> s.micros(end)),
                    1e6 / kind.most(s -> s.micros(end)),
                    1e6 / kind.least(s -> s.micros(end))));
      }
      text.append('\n');
    }
    text.append(
        """

        CPU time per handshake by stage, microseconds, median. A stage is what an end does when it is given a message of
        that exchange, so the initiator's computes its next request too; "begin" makes its first.

        | handshake | end | begin | IKE_SA_INIT | IKE_INTERMEDIATE | IKE_AUTH | all |
        |---|---|---|---|---|---|---|
        """);
    for (Kind kind : kinds) {
      for (End end : End.values()) {
        text.append(
            "| %s | %s |".formatted(kind.name(), end == End.INITIATOR ? "initiator" : "responder"));
        for (Stage stage : Stage.values()) {
          double micros = kind.median(s -> s.micros(end, stage));
          text.append(micros == 0 ? " - |" : " %.0f |".formatted(micros));
        }
        text.append(" %.0f |\n".formatted(kind.median(s -> s.micros(end))));
      }
    }
    return text.toString();
  }
}
