package io.podseal.protocol.sim;

import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.Gen;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.message.KePayload;
import io.podseal.protocol.message.MessageEncoder;
import io.podseal.protocol.message.NoncePayload;
import io.podseal.protocol.message.NotifyPayload;
import io.podseal.protocol.message.NotifyType;
import io.podseal.protocol.message.Payload;
import io.podseal.protocol.message.SaPayload;
import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.policy.Proposals;
import io.podseal.protocol.wire.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Somebody at an address that no declared pod has, and the requests it begins with. */
final class Stranger {
  private static final CryptoOffer GCM =
      CryptoOffer.CLASSIC.withEncryption(List.of(EncryptionAlgorithm.AES_GCM_16_256));

  private static final Bytes PUBLIC_VALUE =
      Bytes.copyOf(
          new JdkCryptoProvider()
              .keyExchange(KeyExchangeMethod.X25519, b -> b[0] = 1)
              .publicValue());

  /** The public value of a private key that nobody needs. */
  static final KePayload KEY = new KePayload(31, PUBLIC_VALUE);

  private Stranger() {}

  static Endpoint at(int number) {
    try {
      byte[] address = {10, 9, (byte) (number >>> 8), (byte) number};
      return new Endpoint(InetAddress.getByAddress(address), 500);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static IkeHeader init(long spi) {
    return new IkeHeader(spi, 0, ExchangeType.IKE_SA_INIT, true, false, 0);
  }

  static List<Payload> payloads(KePayload ke, int nonceLength) {
    return new ArrayList<>(
        List.of(
            new SaPayload(Proposals.ike(GCM, Bytes.EMPTY)),
            ke,
            new NoncePayload(new Gen(1).octets(nonceLength, nonceLength)),
            NotifyPayload.of(NotifyType.NAT_DETECTION_SOURCE_IP, new Gen(2).octets(20, 20)),
            NotifyPayload.of(NotifyType.NAT_DETECTION_DESTINATION_IP, new Gen(3).octets(20, 20))));
  }

  static byte[] request(long spi) {
    return MessageEncoder.clear(init(spi), payloads(KEY, 32));
  }

  static byte[] withCookie(long spi, NotifyPayload cookie, int nonceLength) {
    List<Payload> payloads = payloads(KEY, nonceLength);
    payloads.addFirst(cookie);
    return MessageEncoder.clear(init(spi), payloads);
  }
}
