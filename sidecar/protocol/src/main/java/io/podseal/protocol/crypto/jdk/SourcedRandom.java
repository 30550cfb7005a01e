package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.RandomSource;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.security.SecureRandom;
import java.security.SecureRandomSpi;

/** Hands a {@link RandomSource} to JCA classes that insist on a {@link SecureRandom}. */
final class SourcedRandom extends SecureRandom {
  private static final long serialVersionUID = 1L;

  SourcedRandom(RandomSource source) {
    super(new Spi(source), null);
  }

  private void writeObject(ObjectOutputStream stream) throws NotSerializableException {
    throw new NotSerializableException("randomness is not serialised");
  }

  private static final class Spi extends SecureRandomSpi {
    private static final long serialVersionUID = 1L;

    private final transient RandomSource source;

    Spi(RandomSource source) {
      this.source = source;
    }

    @Override
    protected void engineSetSeed(byte[] seed) {
      // The source needs no seed of ours.
    }

    @Override
    protected void engineNextBytes(byte[] target) {
      source.fill(target);
    }

    @Override
    protected byte[] engineGenerateSeed(int length) {
      return source.bytes(length);
    }
  }
}
