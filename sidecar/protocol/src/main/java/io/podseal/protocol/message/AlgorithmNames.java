package io.podseal.protocol.message;

import io.podseal.protocol.policy.Transform;

/** Transforms as a person writes them who knows the registries of IANA. */
final class AlgorithmNames {
  private AlgorithmNames() {}

  static String of(Transform transform) {
    int id = transform.id();
    String name =
        switch (transform.type()) {
          case 1 -> encryption(id);
          case 2 -> prf(id);
          case 3 -> integrity(id);
          case 4 -> keyExchange(id);
          case 5 -> sequenceNumbers(id);
          case 6, 7, 8, 9, 10, 11, 12 -> "ADDKE" + (transform.type() - 5) + "=" + keyExchange(id);
          default -> "TYPE_" + transform.type() + "=" + id;
        };
    return name
        + transform.keyBits().map(bits -> "-" + bits).orElse("")
        + (transform.unknownAttribute() ? "(unknown attribute)" : "");
  }

  private static String encryption(int id) {
    return switch (id) {
      case 3 -> "3DES";
      case 11 -> "NULL";
      case 12 -> "AES_CBC";
      case 13 -> "AES_CTR";
      case 14 -> "AES_CCM_8";
      case 16 -> "AES_CCM_16";
      case 18 -> "AES_GCM_8";
      case 19 -> "AES_GCM_12";
      case 20 -> "AES_GCM_16";
      case 21 -> "NULL_AUTH_AES_GMAC";
      case 28 -> "CHACHA20_POLY1305";
      case 30 -> "AES_GCM_16_IIV";
      case 31 -> "CHACHA20_POLY1305_IIV";
      default -> "ENCR_" + id;
    };
  }

  private static String prf(int id) {
    return switch (id) {
      case 2 -> "PRF_HMAC_SHA1";
      case 4 -> "PRF_AES128_XCBC";
      case 5 -> "PRF_HMAC_SHA2_256";
      case 6 -> "PRF_HMAC_SHA2_384";
      case 7 -> "PRF_HMAC_SHA2_512";
      case 8 -> "PRF_AES128_CMAC";
      default -> "PRF_" + id;
    };
  }

  private static String integrity(int id) {
    return switch (id) {
      case 0 -> "AUTH_NONE";
      case 2 -> "HMAC_SHA1_96";
      case 5 -> "AES_XCBC_96";
      case 9, 10, 11 -> "AES_GMAC_" + (128 + 64 * (id - 9));
      case 12 -> "HMAC_SHA2_256_128";
      case 13 -> "HMAC_SHA2_384_192";
      case 14 -> "HMAC_SHA2_512_256";
      default -> "INTEG_" + id;
    };
  }

  static String keyExchange(int id) {
    return switch (id) {
      case 0 -> "KE_NONE";
      case 2 -> "MODP1024";
      case 14 -> "MODP2048";
      case 15 -> "MODP3072";
      case 16 -> "MODP4096";
      case 17 -> "MODP6144";
      case 18 -> "MODP8192";
      case 19 -> "P256";
      case 20 -> "P384";
      case 21 -> "P521";
      case 31 -> "X25519";
      case 32 -> "X448";
      case 35 -> "ML_KEM_512";
      case 36 -> "ML_KEM_768";
      case 37 -> "ML_KEM_1024";
      default -> "KE_" + id;
    };
  }

  private static String sequenceNumbers(int id) {
    return switch (id) {
      case 0 -> "NO_ESN";
      case 1 -> "ESN";
      default -> "SN_" + id;
    };
  }
}
