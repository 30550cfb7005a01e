package io.podseal.protocol.crypto;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A NIST curve y^2 = x^3 - 3x + b over a prime field, and its points as they travel (RFC 5903).
 *
 * @param p field prime
 * @param order number of points, a prime: every point on the curve but infinity generates it
 * @param length octets of a coordinate
 */
public record EcpCurve(String name, BigInteger p, BigInteger b, BigInteger order, int length) {
  private static final BigInteger THREE = BigInteger.valueOf(3);

  /** An affine point. */
  public record Point(BigInteger x, BigInteger y) {}

  private static final EcpCurve P256 =
      new EcpCurve(
          "secp256r1",
          number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
          number("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
          number("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
          32);
  private static final EcpCurve P384 =
      new EcpCurve(
          "secp384r1",
          number(
              "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
                  + "ffffffff0000000000000000ffffffff"),
          number(
              "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875a"
                  + "c656398d8a2ed19d2a85c8edd3ec2aef"),
          number(
              "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"
                  + "581a0db248b0a77aecec196accc52973"),
          48);
  private static final EcpCurve P521 =
      new EcpCurve(
          "secp521r1",
          BigInteger.ONE.shiftLeft(521).subtract(BigInteger.ONE),
          number(
              "0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef1"
                  + "09e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00"),
          number(
              "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                  + "fffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"),
          66);

  public static EcpCurve of(KeyExchangeMethod method) {
    return switch (method) {
      case P256 -> P256;
      case P384 -> P384;
      case P521 -> P521;
      default -> throw new IllegalArgumentException(method + " is no ECP group");
    };
  }

  /** The point that a peer sent, or empty when it is none of the curve. */
  public Optional<Point> decode(byte[] data) {
    // RFC 5903 §7: x | y, each as long as the prime.
    if (data.length != 2 * length) {
      return Optional.empty();
    }
    BigInteger x = new BigInteger(1, Arrays.copyOf(data, length));
    BigInteger y = new BigInteger(1, Arrays.copyOfRange(data, length, 2 * length));
    // RFC 6989 §2.3: coordinates below p, and the point on the curve.
    return x.compareTo(p) < 0 && y.compareTo(p) < 0 && isOnCurve(x, y)
        ? Optional.of(new Point(x, y))
        : Optional.empty();
  }

  private boolean isOnCurve(BigInteger x, BigInteger y) {
    BigInteger right = x.multiply(x).subtract(THREE).multiply(x).add(b).mod(p);
    return y.multiply(y).mod(p).equals(right);
  }

  public byte[] encode(BigInteger x, BigInteger y) {
    byte[] data = Arrays.copyOf(unsigned(x, length), 2 * length);
    System.arraycopy(unsigned(y, length), 0, data, length, length);
    return data;
  }

  static byte[] unsigned(BigInteger value, int length) {
    byte[] signed = value.toByteArray();
    byte[] result = new byte[length];
    int count = Math.min(signed.length, length);
    System.arraycopy(signed, signed.length - count, result, length - count, count);
    return result;
  }

  private static BigInteger number(String hex) {
    return new BigInteger(1, HexFormat.of().parseHex(hex));
  }
}
