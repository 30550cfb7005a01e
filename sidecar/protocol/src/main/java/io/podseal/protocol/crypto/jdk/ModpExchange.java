package io.podseal.protocol.crypto.jdk;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.ModpGroup;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Optional;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.DHPrivateKeySpec;
import javax.crypto.spec.DHPublicKeySpec;

/**
 * Diffie-Hellman modulo a fixed prime (RFC 3526) on SunJCE. The values are padded with zeros to the
 * length of the prime (RFC 7296 §3.4), and so is the shared secret (§2.14).
 */
final class ModpExchange implements KeyExchange {
  private final KeyExchangeMethod method;
  private final ModpGroup group;
  private final SecretBytes privateValue;
  private final byte[] publicValue;

  ModpExchange(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    this.group = ModpGroup.of(method);
    this.privateValue = group.privateExponent(random);
    this.publicValue = raise(ModpGroup.GENERATOR).use(byte[]::clone);
  }

  @Override
  public KeyExchangeMethod method() {
    return method;
  }

  @Override
  public byte[] publicValue() {
    return publicValue.clone();
  }

  @Override
  public Optional<SecretBytes> sharedSecret(byte[] peerValue) {
    return group.publicValue(peerValue).map(this::raise);
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }

  private SecretBytes raise(BigInteger base) {
    try {
      KeyFactory keys = KeyFactory.getInstance("DH", "SunJCE");
      PrivateKey ours =
          keys.generatePrivate(
              privateValue.use(x ->
                  new DHPrivateKeySpec(new BigInteger(1, x), group.prime(), ModpGroup.GENERATOR)));
      PublicKey theirs =
          keys.generatePublic(new DHPublicKeySpec(base, group.prime(), ModpGroup.GENERATOR));
      KeyAgreement agreement = KeyAgreement.getInstance("DH", "SunJCE");
      agreement.init(ours);
      agreement.doPhase(theirs, true);
      return SecretBytes.adopt(agreement.generateSecret());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SunJCE refused a value of " + method, e);
    }
  }
}
