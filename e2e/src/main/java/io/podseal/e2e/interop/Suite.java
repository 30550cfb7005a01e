package io.podseal.e2e.interop;

import io.podseal.control.v1.CryptoProfile;
import java.util.List;
import java.util.function.Consumer;

/**
 * One choice of algorithms, in strongSwan's words and in ours.
 *
 * @param name part of the row's name
 * @param ike strongSwan's proposal for the IKE SA
 * @param esp its proposal for child SAs
 * @param profile says the same to our side
 * @param plugin that strongSwan needs for it
 * @param proof what strongSwan must say of the SAs
 */
record Suite(
    String name,
    String ike,
    String esp,
    Consumer<CryptoProfile.Builder> profile,
    String plugin,
    List<String> proof) {

  /** Every cipher, PRF and key exchange that both ends have, each in one suite. */
  static List<Suite> all() {
    return List.of(
        cipher("aes128gcm16", "AES_GCM_16-128"),
        cipher("chacha20poly1305", "CHACHA20_POLY1305"),
        cbc("aes128", "sha256", "AES_CBC-128/HMAC_SHA2_256_128"),
        cbc("aes256", "sha384", "AES_CBC-256/HMAC_SHA2_384_192"),
        cbc("aes256", "sha512", "AES_CBC-256/HMAC_SHA2_512_256"),
        prf("prfsha384", "PRF_HMAC_SHA2_384"),
        prf("prfsha512", "PRF_HMAC_SHA2_512"),
        keyExchange("ecp256", "openssl", "ECP_256"),
        keyExchange("ecp384", "openssl", "ECP_384"),
        keyExchange("ecp521", "openssl", "ECP_521"),
        keyExchange("modp2048", "gmp", "MODP_2048"),
        keyExchange("modp3072", "gmp", "MODP_3072"),
        keyExchange("modp4096", "gmp", "MODP_4096"));
  }

  private static Suite cipher(String cipher, String proof) {
    return new Suite(
        cipher,
        cipher + "-prfsha256-x25519",
        cipher + "-x25519",
        profile -> profile.addEncryption(cipher),
        "chapoly",
        List.of("IKE " + proof, "ESP " + proof));
  }

  private static Suite cbc(String cipher, String integrity, String proof) {
    return new Suite(
        cipher + "-" + integrity,
        cipher + "-" + integrity + "-prfsha256-x25519",
        cipher + "-" + integrity + "-x25519",
        profile -> profile.addEncryption(cipher).addIntegrity(integrity),
        "",
        List.of("IKE " + proof, "ESP " + proof));
  }

  private static Suite prf(String prf, String proof) {
    return new Suite(
        prf,
        "aes256gcm16-" + prf + "-x25519",
        "aes256gcm16-x25519",
        profile -> profile.addPrf(prf),
        "",
        List.of(proof));
  }

  private static Suite keyExchange(String method, String plugin, String proof) {
    return new Suite(
        method,
        "aes256gcm16-prfsha256-" + method,
        "aes256gcm16-" + method,
        profile -> profile.addKeyExchange(method),
        plugin,
        List.of(proof));
  }

  /** Establishes with these algorithms and rekeys the child, which needs the key exchange. */
  void run(Bench bench) {
    bench.plugin(plugin);
    bench
        .connection()
        .set("proposals", List.of(ike))
        .child("esp_proposals", List.of(bench.numbered(esp)));
    profile.accept(bench.profile());
    bench.establish();
    bench.negotiated(proof.toArray(String[]::new));
    RekeyScripts.rekeyChildOnce(bench);
    bench.bytesCross();
  }
}
