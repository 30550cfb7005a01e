package io.podseal.e2e.ring;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The key of two pods, derived anew from the master key, for whoever looks where it must not be.
 */
record PairKey(byte[] master, int epoch, Pod one, Pod other) {
  private static final String DOMAIN = "cluster.local";

  /** The key itself. */
  byte[] octets() {
    return derived("podseal/psk/v1", 32);
  }

  /** The name that the audit log gives it. */
  String id() {
    return HexFormat.of().formatHex(derived("podseal/psk-id/v1", 6));
  }

  private byte[] derived(String label, int length) {
    var identities =
        List.of(identity(one), identity(other)).stream().sorted(Arrays::compareUnsigned);
    var info = new ByteArrayOutputStream();
    field(info, label.getBytes(StandardCharsets.UTF_8));
    field(info, DOMAIN.getBytes(StandardCharsets.UTF_8));
    field(info, ByteBuffer.allocate(Integer.BYTES).putInt(epoch).array());
    identities.forEach(identity -> field(info, identity));
    try {
      return KDF.getInstance("HKDF-SHA256")
          .deriveData(
              HKDFParameterSpec.ofExtract().addIKM(master).thenExpand(info.toByteArray(), length));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] identity(Pod pod) {
    var meta = pod.getMetadata();
    return (meta.getUid() + "." + meta.getNamespace() + ".pods." + DOMAIN)
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void field(ByteArrayOutputStream info, byte[] value) {
    info.write(value.length >>> 8);
    info.write(value.length);
    info.writeBytes(value);
  }
}
