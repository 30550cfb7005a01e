package io.podseal.sidecar.debug;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.EspSuite;
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
 * so that a capture can be read. Whoever reads these files reads the traffic. Wireshark decrypts no
 * ChaCha20-Poly1305; SAs with it are left out, because a name that Wireshark does not know keeps it
 * from reading the whole table.
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
    if (suite.encryption() == EncryptionAlgorithm.CHACHA20_POLY1305) {
      return;
    }
    HexFormat hex = HexFormat.of();
    append(
        ikeTable,
        "%s,%s,%s,%s,\"%s\",%s,%s,\"%s\"%n"
            .formatted(
                hex.toHexDigits(spiInitiator),
                hex.toHexDigits(spiResponder),
                hex(keys.skEi()),
                hex(keys.skEr()),
                ikeEncryption(suite.encryption()),
                hex(keys.skAi()),
                hex(keys.skAr()),
                suite.integrity().map(WiresharkKeyLog::ikeIntegrity).orElse("NONE [RFC4306]")));
  }

  @Override
  public void child(ChildSaKeys keys, InetAddress local, InetAddress remote) {
    // Wireshark needs no key to read AH.
    if (keys.suite() instanceof EspSuite suite
        && suite.encryption() != EncryptionAlgorithm.CHACHA20_POLY1305) {
      append(espTable, line(remote, local, keys.inboundSpi(), suite, keys.inbound()));
      append(espTable, line(local, remote, keys.outboundSpi(), suite, keys.outbound()));
    }
  }

  private static String ikeEncryption(EncryptionAlgorithm algorithm) {
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 ->
          "AES-GCM-" + algorithm.keyBits() + " with 16 octet ICV [RFC5282]";
      case AES_CBC_128, AES_CBC_256 -> "AES-CBC-" + algorithm.keyBits() + " [RFC3602]";
      case CHACHA20_POLY1305 -> throw unknown(algorithm);
    };
  }

  private static IllegalArgumentException unknown(EncryptionAlgorithm algorithm) {
    return new IllegalArgumentException("Wireshark cannot decrypt " + algorithm);
  }

  private static String ikeIntegrity(IntegrityAlgorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA2_256_128 -> "HMAC_SHA2_256_128 [RFC4868]";
      case HMAC_SHA2_384_192 -> "HMAC_SHA2_384_192 [RFC4868]";
      case HMAC_SHA2_512_256 -> "HMAC_SHA2_512_256 [RFC4868]";
    };
  }

  private static String espEncryption(EncryptionAlgorithm algorithm) {
    return switch (algorithm) {
      case AES_GCM_16_128, AES_GCM_16_256 -> "AES-GCM with 16 octet ICV [RFC4106]";
      case AES_CBC_128, AES_CBC_256 -> "AES-CBC [RFC3602]";
      case CHACHA20_POLY1305 -> throw unknown(algorithm);
    };
  }

  private static String espIntegrity(IntegrityAlgorithm algorithm) {
    return switch (algorithm) {
      case HMAC_SHA2_256_128 -> "HMAC-SHA-256-128 [RFC4868]";
      case HMAC_SHA2_384_192 -> "HMAC-SHA-384-192 [RFC4868]";
      case HMAC_SHA2_512_256 -> "HMAC-SHA-512-256 [RFC4868]";
    };
  }

  private static String line(
      InetAddress from, InetAddress to, int spi, EspSuite suite, SecretBytes keymat) {
    int encryption = suite.encryption().keymatLength();
    SecretBytes key = keymat.slice(0, encryption);
    SecretBytes integrityKey = keymat.slice(encryption, keymat.length());
    String line =
        "\"IPv4\",\"%s\",\"%s\",\"0x%08x\",\"%s\",\"0x%s\",\"%s\",\"%s\"%n"
            .formatted(
                from.getHostAddress(),
                to.getHostAddress(),
                spi,
                espEncryption(suite.encryption()),
                hex(key),
                suite.integrity().map(WiresharkKeyLog::espIntegrity).orElse("NULL"),
                suite.integrity().isPresent() ? "0x" + hex(integrityKey) : "");
    key.destroy();
    integrityKey.destroy();
    return line;
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
