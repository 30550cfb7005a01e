package io.podseal.sidecar.jca;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.esp.EspSuitesContract;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.Test;

final class BouncyCastleEspSuitesTest extends EspSuitesContract {
  private static final int AAD = 8;
  private static final int IV = 8;
  private static final int ICV = 16;

  @Override
  protected CryptoProvider provider() {
    return new BouncyCastleProvider();
  }

  /** RFC 7634 Appendix A shows the one-time key, which no port of ours gives away. */
  @Test
  void theIcvOfTheRfcsPacketIsPoly1305UnderTheRfcsOneTimeKey() {
    byte[] packet = PACKET_OF_RFC_7634;
    int ciphertext = packet.length - AAD - IV - ICV;
    // RFC 8439 §2.8: AAD and ciphertext, each padded to 16 octets, and the lengths of both.
    ByteBuffer input =
        ByteBuffer.allocate(roundedUp(AAD) + roundedUp(ciphertext) + 16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put(0, packet, 0, AAD)
            .put(roundedUp(AAD), packet, AAD + IV, ciphertext)
            .putLong(roundedUp(AAD) + roundedUp(ciphertext), AAD)
            .putLong(roundedUp(AAD) + roundedUp(ciphertext) + 8, ciphertext);
    Poly1305 poly1305 = new Poly1305();
    poly1305.init(
        new KeyParameter(
            HexFormat.of()
                .parseHex("af1f412cc115adce5e4d0e29d5c130bf4631210e0fef7431c0454fe70fd7c2d1")));
    poly1305.update(input.array(), 0, input.capacity());
    byte[] icv = new byte[ICV];
    poly1305.doFinal(icv, 0);

    assertThat(icv).isEqualTo(Arrays.copyOfRange(packet, packet.length - ICV, packet.length));
  }

  private static int roundedUp(int length) {
    return (length + 15) / 16 * 16;
  }
}
