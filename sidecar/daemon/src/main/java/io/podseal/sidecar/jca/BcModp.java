package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.ModpGroup;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.util.Optional;
import org.bouncycastle.crypto.agreement.DHStandardGroups;
import org.bouncycastle.crypto.params.DHParameters;

/** Diffie-Hellman modulo a fixed prime (RFC 3526), with Bouncy Castle's own copy of the primes. */
final class BcModp implements KeyExchange {
  private final KeyExchangeMethod method;
  private final ModpGroup group;
  private final DHParameters domain;
  private final SecretBytes privateValue;
  private final byte[] publicValue;

  BcModp(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    this.group = ModpGroup.of(method);
    this.domain =
        switch (method) {
          case MODP_2048 -> DHStandardGroups.rfc3526_2048;
          case MODP_3072 -> DHStandardGroups.rfc3526_3072;
          default -> DHStandardGroups.rfc3526_4096;
        };
    this.privateValue = group.privateExponent(random);
    this.publicValue =
        privateValue.use(
            x -> group.encode(domain.getG().modPow(new BigInteger(1, x), domain.getP())));
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
    return group.publicValue(peerValue).map(this::agree);
  }

  private SecretBytes agree(BigInteger theirs) {
    // DHBasicAgreement would also ask for a quadratic residue, which RFC 6989 §2.1 does not.
    return SecretBytes.adopt(
        privateValue.use(x -> group.encode(theirs.modPow(new BigInteger(1, x), domain.getP()))));
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }
}
