package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.secret.SecretBytes;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import javax.crypto.SecretKey;

/** A key for one JCA call that, unlike SecretKeySpec, can be zeroed. Confined to its user. */
final class RawKey implements SecretKey {
  private static final long serialVersionUID = 1L;

  private final String algorithm;
  private final transient SecretBytes octets;

  RawKey(String algorithm, SecretBytes secret) {
    this.algorithm = algorithm;
    // HMAC pads keys with zeros, so one zero octet is the empty key, which JCA would refuse.
    this.octets = secret.length() == 0 ? SecretBytes.adopt(new byte[1]) : secret.copy();
  }

  /** A key of zeros, to push a real one out of a JCA object. */
  static RawKey zeros(String algorithm, int length) {
    return new RawKey(algorithm, SecretBytes.adopt(new byte[length]));
  }

  int length() {
    return octets.length();
  }

  @Override
  public String getAlgorithm() {
    return algorithm;
  }

  @Override
  public String getFormat() {
    return "RAW";
  }

  @Override
  public byte[] getEncoded() {
    return octets.use(byte[]::clone);
  }

  @Override
  public void destroy() {
    octets.destroy();
  }

  @Override
  public String toString() {
    return "RawKey[" + algorithm + "]";
  }

  private void writeObject(ObjectOutputStream stream) throws NotSerializableException {
    throw new NotSerializableException("keys are not serialised");
  }
}
