package io.podseal.sidecar.debug;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;

/**
 * Writes IKE and ESP keys in Wireshark's formats ({@code ikev2_decryption_table}, {@code esp_sa}),
 * so that a capture can be read. Whoever reads these files reads the traffic.
 */
public final class WiresharkKeyLog implements KeyLog {
  private final Path ikeTable;
  private final Path espTable;

  /**
   * @param directory is made if it is not there; files in it are for the owner only
   */
  public WiresharkKeyLog(Path directory) {
    try {
      Files.createDirectories(directory);
      ikeTable = prepare(directory.resolve("ikev2_decryption_table"));
      espTable = prepare(directory.resolve("esp_sa"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write keys to " + directory, e);
    }
  }

  private static Path prepare(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return file;
  }

  @Override
  public void ike(long spiInitiator, long spiResponder, IkeSuite suite, IkeKeys keys) {
    HexFormat hex = HexFormat.of();
    append(
        ikeTable,
        "%s,%s,%s,%s,\"AES-GCM-%d with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"%n"
            .formatted(
                hex.toHexDigits(spiInitiator),
                hex.toHexDigits(spiResponder),
                hex(keys.skEi()),
                hex(keys.skEr()),
                suite.encryption().keyBits()));
  }

  @Override
  public void child(ChildSaKeys keys, InetAddress local, InetAddress remote) {
    append(espTable, line(remote, local, keys.inboundSpi(), keys.encryption(), keys.inbound()));
    append(espTable, line(local, remote, keys.outboundSpi(), keys.encryption(), keys.outbound()));
  }

  private static String line(
      InetAddress from, InetAddress to, int spi, EncryptionAlgorithm algorithm, SecretBytes key) {
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 ->
          ("\"IPv4\",\"%s\",\"%s\",\"0x%08x\",\"AES-GCM with 16 octet ICV [RFC4106]\","
                  + "\"0x%s\",\"NULL\",\"\"%n")
              .formatted(from.getHostAddress(), to.getHostAddress(), spi, hex(key));
    };
  }

  private static String hex(SecretBytes secret) {
    return secret.use(HexFormat.of()::formatHex);
  }

  private static void append(Path file, String line) {
    try {
      Files.writeString(file, line, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write keys to " + file, e);
    }
  }
}
