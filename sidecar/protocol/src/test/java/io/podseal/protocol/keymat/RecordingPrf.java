package io.podseal.protocol.keymat;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.crypto.PrfAlgorithm;
import io.podseal.protocol.secret.SecretBytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Notes every value that a derivation computes, also those that it destroys afterwards. */
final class RecordingPrf implements Prf {
  private final Prf prf;
  private final List<String> results = new ArrayList<>();

  RecordingPrf(Prf prf) {
    this.prf = prf;
  }

  @Override
  public PrfAlgorithm algorithm() {
    return prf.algorithm();
  }

  @Override
  public SecretBytes apply(SecretBytes key, byte[]... data) {
    SecretBytes result = prf.apply(key, data);
    results.add(result.use(HexFormat.of()::formatHex));
    return result;
  }

  /** In hex, in the order in which they were computed. */
  List<String> results() {
    return results;
  }
}
