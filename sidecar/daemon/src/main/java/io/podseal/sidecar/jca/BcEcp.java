package io.podseal.sidecar.jca;

import io.podseal.protocol.crypto.EcpCurve;
import io.podseal.protocol.crypto.KeyExchange;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.PrivateScalar;
import io.podseal.protocol.crypto.RandomSource;
import io.podseal.protocol.secret.SecretBytes;
import java.math.BigInteger;
import java.util.Optional;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.crypto.agreement.ECDHBasicAgreement;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;

/** Key exchange on a NIST curve (RFC 5903); the shared secret is the x coordinate. */
final class BcEcp implements KeyExchange {
  private final KeyExchangeMethod method;
  private final EcpCurve curve;
  private final ECDomainParameters domain;
  private final SecretBytes privateValue;
  private final byte[] publicValue;

  BcEcp(KeyExchangeMethod method, RandomSource random) {
    this.method = method;
    this.curve = EcpCurve.of(method);
    this.domain = new ECDomainParameters(SECNamedCurves.getByName(curve.name()));
    this.privateValue = PrivateScalar.below(domain.getN(), random);
    ECPoint point =
        privateValue
            .use(s -> new FixedPointCombMultiplier().multiply(domain.getG(), new BigInteger(1, s)))
            .normalize();
    this.publicValue =
        curve.encode(
            point.getAffineXCoord().toBigInteger(), point.getAffineYCoord().toBigInteger());
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
    return curve.decode(peerValue).map(this::agree);
  }

  private SecretBytes agree(EcpCurve.Point point) {
    ECDHBasicAgreement agreement = new ECDHBasicAgreement();
    agreement.init(privateValue.use(s -> new ECPrivateKeyParameters(new BigInteger(1, s), domain)));
    // Bouncy Castle validates the point once more.
    ECPoint theirs = domain.getCurve().createPoint(point.x(), point.y());
    BigInteger x = agreement.calculateAgreement(new ECPublicKeyParameters(theirs, domain));
    return SecretBytes.adopt(BigIntegers.asUnsignedByteArray(method.sharedSecretLength(), x));
  }

  @Override
  public void destroy() {
    privateValue.destroy();
  }
}
