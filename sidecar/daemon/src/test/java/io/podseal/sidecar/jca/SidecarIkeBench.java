package io.podseal.sidecar.jca;

import io.podseal.protocol.bench.IkeBench;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code ./dev bench ike} starts: the bench of IKE with the cryptography of sidecars. */
public final class SidecarIkeBench {
  private SidecarIkeBench() {}

  /** The file to write. */
  public static void main(String[] args) throws IOException {
    IkeBench.write(Path.of(args[0]), new SidecarCrypto());
  }
}
