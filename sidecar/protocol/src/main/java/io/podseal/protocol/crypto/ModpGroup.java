package io.podseal.protocol.crypto;

import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.util.Optional;

/**
 * A group of RFC 3526 with generator 2.
 *
 * @param prime safe prime p = 2q + 1
 * @param exponentLength octets of a private exponent: the upper estimate of §8, twice the strength
 */
public record ModpGroup(BigInteger prime, int length, int exponentLength) {
  public static final BigInteger GENERATOR = BigInteger.TWO;

  private static final ModpGroup GROUP_14 = of(2048, 124476, 40);
  private static final ModpGroup GROUP_15 = of(3072, 1690314, 52);
  private static final ModpGroup GROUP_16 = of(4096, 240904, 60);

  public static ModpGroup of(KeyExchangeMethod method) {
    return switch (method) {
      case MODP_2048 -> GROUP_14;
      case MODP_3072 -> GROUP_15;
      case MODP_4096 -> GROUP_16;
      default -> throw new IllegalArgumentException(method + " is no MODP group");
    };
  }

  /** RFC 3526: p = 2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + c). */
  private static ModpGroup of(int n, int c, int exponentLength) {
    BigInteger one = BigInteger.ONE;
    BigInteger prime =
        one.shiftLeft(n)
            .subtract(one.shiftLeft(n - 64))
            .subtract(one)
            .add(scaledPi(n - 130).add(BigInteger.valueOf(c)).shiftLeft(64));
    return new ModpGroup(prime, n / 8, exponentLength);
  }

  /** floor(2^bits * pi) by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239). */
  private static BigInteger scaledPi(int bits) {
    int guard = 64;
    BigInteger unit = BigInteger.ONE.shiftLeft(bits + guard);
    BigInteger pi =
        arctanOfInverse(5, unit).shiftLeft(4).subtract(arctanOfInverse(239, unit).shiftLeft(2));
    return pi.shiftRight(guard);
  }

  private static BigInteger arctanOfInverse(int x, BigInteger unit) {
    BigInteger square = BigInteger.valueOf((long) x * x);
    BigInteger power = unit.divide(BigInteger.valueOf(x));
    BigInteger sum = power;
    for (int n = 3; power.signum() != 0; n += 2) {
      power = power.divide(square);
      BigInteger term = power.divide(BigInteger.valueOf(n));
      sum = n % 4 == 3 ? sum.subtract(term) : sum.add(term);
    }
    return sum;
  }

  /** A private exponent, big-endian. */
  public SecretBytes privateExponent(RandomSource random) {
    return PrivateScalar.below(
        BigInteger.ONE.shiftLeft(exponentLength * 8).subtract(BigInteger.ONE), random);
  }

  /** The number that a peer sent, or empty when it is none that a peer may send. */
  public Optional<BigInteger> publicValue(byte[] data) {
    // RFC 7296 §3.4: padded with zeros to the length of the modulus.
    if (data.length != length) {
      return Optional.empty();
    }
    BigInteger y = new BigInteger(1, data);
    // RFC 6989 §2.1: 1 < y < p - 1; with safe primes nothing more is to be tested.
    boolean acceptable =
        y.compareTo(BigInteger.ONE) > 0 && y.compareTo(prime.subtract(BigInteger.ONE)) < 0;
    return acceptable ? Optional.of(y) : Optional.empty();
  }

  /** A value as it travels: as long as the modulus. */
  public byte[] encode(BigInteger value) {
    return EcpCurve.unsigned(value, length);
  }
}
