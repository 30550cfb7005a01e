package io.podseal.protocol.ike;

import io.podseal.protocol.crypto.Prf;
import io.podseal.protocol.keymat.IkeKeyDerivation;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.policy.IkeSuite;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.wire.Bytes;
import java.util.List;

/** Algorithms and keys of an IKE SA from IKE_SA_INIT on; what protects its later messages. */
record Session(IkeSuite suite, Prf prf, IkeKeys keys, SkCipher cipher) {

  static Session derive(
      SaCore core, IkeSuite suite, SecretBytes sharedSecret, Bytes nonceI, Bytes nonceR) {
    IkeContext ctx = core.ctx();
    Prf prf = ctx.crypto().prf(suite.prf());
    IkeKeys keys =
        new IkeKeyDerivation(
                prf,
                suite.encryption(),
                suite.integrity(),
                nonceI,
                nonceR,
                core.spiInitiator(),
                core.spiResponder())
            .initial(sharedSecret);
    sharedSecret.destroy();
    return of(core, suite, prf, keys);
  }

  /** What protects the SA that rekeys this one (§2.18). */
  Session rekeyed(SaCore core, Rekeyed terms, List<SecretBytes> secrets) {
    IkeContext ctx = core.ctx();
    IkeSuite nextSuite = terms.suite();
    IkeKeys next =
        new IkeKeyDerivation(
                prf,
                nextSuite.encryption(),
                nextSuite.integrity(),
                terms.nonceI(),
                terms.nonceR(),
                core.spiInitiator(),
                core.spiResponder())
            .rekeyed(keys.skD(), secrets);
    return of(core, nextSuite, ctx.crypto().prf(nextSuite.prf()), next);
  }

  private static Session of(SaCore core, IkeSuite suite, Prf prf, IkeKeys keys) {
    IkeContext ctx = core.ctx();
    ctx.keyLog().ike(core.spiInitiator(), core.spiResponder(), suite, keys);
    SkCipher cipher = new SkCipher(ctx.crypto(), ctx.random(), suite, keys, core.isInitiator());
    return new Session(suite, prf, keys, cipher);
  }

  /** What protects the messages after an additional key exchange (RFC 9370 §2.2.2). */
  Session updated(SaCore core, SecretBytes sharedSecret, AuthMaterial material) {
    IkeKeys next =
        new IkeKeyDerivation(
                prf,
                suite.encryption(),
                suite.integrity(),
                material.nonceI(),
                material.nonceR(),
                core.spiInitiator(),
                core.spiResponder())
            .updated(keys.skD(), sharedSecret);
    // The cipher still opens repetitions of what it has opened; see SaCore.
    keys.destroy();
    return of(core, suite, prf, next);
  }

  /** The same with a PPK mixed into what derives from now on; the cipher stays (RFC 8784 §3). */
  Session withPpk(SecretBytes ppk) {
    return new Session(suite, prf, keys.withPpk(prf, ppk), cipher);
  }

  void destroy() {
    keys.destroy();
    cipher.destroy();
  }
}
