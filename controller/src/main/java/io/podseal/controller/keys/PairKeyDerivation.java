package io.podseal.controller.keys;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Derives the pre-shared key of two pods, and the secret of one for crash detection: HKDF-SHA256
 * (RFC 5869) of the master key without salt, 32 octets.
 *
 * <p>The info is five fields, each after its length in two octets: the label {@code
 * podseal/psk/v1}, the trust domain, the epoch in four octets, and the two identities, the lower
 * one (by unsigned octets) first. So both ends get the same key and no two pairs, domains or epochs
 * share one. The secret of one pod has the label {@code podseal/qcd/v1} and its identity alone.
 */
final class PairKeyDerivation {
  private static final String LABEL = "podseal/psk/v1";
  private static final String ID_LABEL = "podseal/psk-id/v1";
  private static final String CRASH_LABEL = "podseal/qcd/v1";
  private static final int LENGTH = 32;
  private static final int ID_LENGTH = 6;

  private PairKeyDerivation() {}

  static SecretOctets derive(
      MasterKey master, String trustDomain, String identity, String peerIdentity) {
    return master
        .secret()
        .use(octets ->
            SecretOctets.adopt(
                hkdf(octets, info(LABEL, master, trustDomain, identity, peerIdentity), LENGTH)));
  }

  /** A name for that key, by HKDF with another label: it says nothing about the key's octets. */
  static String id(MasterKey master, String trustDomain, String identity, String peerIdentity) {
    var info = info(ID_LABEL, master, trustDomain, identity, peerIdentity);
    return master.secret().use(octets -> HexFormat.of().formatHex(hkdf(octets, info, ID_LENGTH)));
  }

  /** What the tokens of this pod are made with (RFC 6290 §5.1). */
  static SecretOctets crashSecret(MasterKey master, String trustDomain, String identity) {
    var info = info(CRASH_LABEL, master, trustDomain);
    field(info, identity.getBytes(StandardCharsets.UTF_8));
    return master
        .secret()
        .use(octets -> SecretOctets.adopt(hkdf(octets, info.toByteArray(), LENGTH)));
  }

  private static byte[] info(
      String label, MasterKey master, String trustDomain, String identity, String peerIdentity) {
    var one = identity.getBytes(StandardCharsets.UTF_8);
    var other = peerIdentity.getBytes(StandardCharsets.UTF_8);
    boolean ordered = Arrays.compareUnsigned(one, other) <= 0;
    var info = info(label, master, trustDomain);
    field(info, ordered ? one : other);
    field(info, ordered ? other : one);
    return info.toByteArray();
  }

  private static ByteArrayOutputStream info(String label, MasterKey master, String trustDomain) {
    var info = new ByteArrayOutputStream();
    field(info, label.getBytes(StandardCharsets.UTF_8));
    field(info, trustDomain.getBytes(StandardCharsets.UTF_8));
    field(info, ByteBuffer.allocate(Integer.BYTES).putInt(master.epoch()).array());
    return info;
  }

  /** RFC 5869 with SHA-256, without salt. */
  static byte[] hkdf(byte[] master, byte[] info, int length) {
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(HKDFParameterSpec.ofExtract().addIKM(master).thenExpand(info, length));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK 25 has HKDF-SHA256", e);
    }
  }

  private static void field(ByteArrayOutputStream out, byte[] value) {
    if (value.length > 0xffff) {
      throw new IllegalArgumentException("field of " + value.length + " octets");
    }
    out.write(value.length >>> 8);
    out.write(value.length);
    out.writeBytes(value);
  }
}
