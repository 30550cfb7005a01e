package io.podseal.protocol.crypto;

import java.nio.charset.StandardCharsets;

/** The answers that {@link SelfTest} expects, in hex. */
final class KnownAnswers {
  /** RFC 4231 §4.3. */
  static final byte[] HMAC_KEY = "Jefe".getBytes(StandardCharsets.US_ASCII);

  static final byte[] HMAC_MESSAGE =
      "what do ya want for nothing?".getBytes(StandardCharsets.US_ASCII);

  private KnownAnswers() {}

  /** Ciphertext and tag of 16 zero octets under a zero key and nonce, without AAD. */
  static String aead(EncryptionAlgorithm algorithm) {
    return switch (algorithm) {
      case AES_GCM_16_128 -> "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf";
      case AES_GCM_16_256 -> "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
      case CHACHA20_POLY1305 -> "9f07e7be5551387a98ba977c732d080dc34a88047320f52aa2c6683ef8084d2f";
      case AES_CBC_128, AES_CBC_256 ->
          throw new IllegalArgumentException(algorithm + " is no AEAD");
    };
  }

  /** Octets 00 to 1f under key and IV that count up from 00. */
  static String cbc(EncryptionAlgorithm algorithm) {
    return switch (algorithm) {
      case AES_CBC_128 -> "c6a13b37878f5b826f4f8162a1c8d87935d9dcdb829fec3352e7bf10b84be4a5";
      case AES_CBC_256 -> "f29000b62a499fd0a9f39a6add2e77809543b86fc046fa883a9446b82e47d12d";
      default -> throw new IllegalArgumentException(algorithm + " is an AEAD");
    };
  }

  /** RFC 4231 §4.3 for SHA-256, SHA-384, SHA-512. */
  static String hmac(int length) {
    return switch (length) {
      case 32 -> "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
      case 48 ->
          "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
              + "8e2240ca5e69e2c78b3239ecfab21649";
      case 64 ->
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
      default -> throw new IllegalArgumentException("no HMAC of " + length + " octets");
    };
  }

  /**
   * SHA-256 of request, response and shared secret, where the initiator's randomness counts up from
   * 1 and the responder's from 101.
   */
  static String keyExchange(KeyExchangeMethod method) {
    return switch (method) {
      case X25519 -> "f65e0fd2f92918ae79d0d759a805ea0ac88e8b1baaf34dfe82a6e32f12e7cfaa";
      case P256 -> "84a5c4e28cc933398cefd287d81de035afbbb72ab4acbe676c207ffad464b16d";
      case P384 -> "7cc1aba4309832e6fa74df4152449cb81026fe31e522566be3bffd955fd95b42";
      case P521 -> "1b7a54a7de52b27351cf0a73ba59209c0e2218ea1cefc3ebc2113e78f46dd413";
      case MODP_2048 -> "3d1151e2adad8c0c18cf689d24c37215e5f677287c21cd632b4132de571caff3";
      case MODP_3072 -> "403717931ec62053ab3080d7ba6179a1667814084bb4c7c6ed9cf15a5c2b0062";
      case MODP_4096 -> "e219df9b316987c1728cda11bbfe91c948f0f9d0e8fae41dd3bf16c1bae05f9f";
      case ML_KEM_512 -> "fb93808a92460f7bb2a35c8874eb51b27f0f5cf02566402f94a6573467f1b858";
      case ML_KEM_768 -> "c870b0f632ece7276f8c6620d20cb41abf8e298b39f04a351290c3367f19653f";
      case ML_KEM_1024 -> "de54991b09e223b1e7d15b26acf7cff418a5ad2a041fce3060bbcdec7e18ee92";
    };
  }
}
