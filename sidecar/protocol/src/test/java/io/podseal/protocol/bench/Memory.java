package io.podseal.protocol.bench;

import io.podseal.protocol.bench.Spent.End;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.policy.CryptoOffer;

/** The heap that established IKE SAs with one child each keep in their endpoint. */
final class Memory {
  private static final int SAS = 10_000;
  private static final int GOAL = 8 * 1024;

  private Memory() {}

  private static double octetsPerSa(CryptoProvider crypto, End hubIs, CryptoOffer offer) {
    Star star = new Star(new NoKeyExchange(crypto), hubIs, offer, SAS);
    long before = used();
    star.fill(true, new Spent());
    long after = used();
    int held = star.hub().established().size();
    if (held != SAS) {
      throw new IllegalStateException(held + " SAs are established");
    }
    return (double) (after - before) / SAS;
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  static String report(CryptoProvider crypto) {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        Heap per established IKE SA with one child, octets, with %d of them in one endpoint, whose peers were declared
        before. The goal is %d. Key exchanges are left out, because nothing of them is kept; the data plane's ESP SAs are
        not in it.

        | handshake | as initiator | as responder |
        |---|---|---|
        """
            .formatted(SAS, GOAL));
    text.append(line(crypto, "X25519", CryptoOffer.CLASSIC));
    text.append(line(crypto, "hybrid", CryptoOffer.HYBRID));
    return text.toString();
  }

  private static String line(CryptoProvider crypto, String name, CryptoOffer offer) {
    return "| %s | %.0f | %.0f |\n"
        .formatted(
            name,
            octetsPerSa(crypto, End.INITIATOR, offer),
            octetsPerSa(crypto, End.RESPONDER, offer));
  }
}
