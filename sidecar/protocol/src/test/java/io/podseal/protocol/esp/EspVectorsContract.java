package io.podseal.protocol.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.esp.replay.ReplayWindow;
import io.podseal.protocol.secret.SecretBytes;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The AES-GCM ESP cases of draft-mcgrew-gcm-test-01, through {@link InboundSa}. Their IVs are not
 * our counter, so the sending half is judged by its layout in {@link EspTest} instead. Run once for
 * each {@link CryptoProvider}.
 */
public abstract class EspVectorsContract {
  protected abstract CryptoProvider provider();

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "AES-128 with ESN and high half 0x87654321,"
        + "4c80cdefbb5d10da906ac73c3613a634,2e443b684956ed7e3b244cfe,000043218765432100000000,"
        + "45000048699a000080114db7c0a80102c0a801010a9bf15638d30100000100000000"
        + "0000045f736970045f756470037369700963796265726369747902646b0000210001"
        + "01020201,"
        + "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2"
        + "436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d7"
        + "68fd9732459018148f6cbe722fd04796562dfdb4",
    "AES-128 without ESN,"
        + "feffe9928665731c6d6a8f9467308308,cafebabefacedbaddecaf888,0000a5f80000000a,"
        + "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001"
        + "000000000000037369700963796265726369747902646b00000100010001,"
        + "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de8"
        + "1827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3a"
        + "a8bc6ee4c309e9d85a41ad4a",
    "AES-256 without ESN,"
        + "abbccddef00112233445566778899aababbccddef00112233445566778899aab,"
        + "112233440102030405060708,4a2cbfe300000002,"
        + "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002"
        + "400020bf0000020405b40101040201020201,"
        + "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a"
        + "637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96",
    "nothing inside and the last sequence number without ESN,"
        + "7d773d00c144c525ac619d18c84a3f47,d966426743457e9182443bc6,335467aeffffffff,"
        + "01020201,437f866bcb3f699fe9b0822bac961c4504bef270",
    "AES-256 with ESN and the last sequence number of all,"
        + "6c6567616c697a656d6172696a75616e61616e64646f69746265666f72656961,"
        + "7475726e333021696765746d,796b6963ffffffffffffffff,"
        + "45000030da3a00008001df3bc0a80005c0a800010800c6cd02000700616263646566"
        + "6768696a6b6c6d6e6f707172737401020201,"
        + "f97ab2aa356d8edce17644ac8c78e25dd24dedbb29ebf1b64a274b39b49c3a864cd3"
        + "d78ca4ae68a32b42458fb57dbe821dcc63b9d0937ba2945f669368661a329fb4c053"
  })
  void opens(
      String name, String key, String nonce, String aad, String plaintext, String ciphertext) {
    byte[] bound = hex(aad);
    boolean esn = bound.length == 12;
    byte[] iv = Arrays.copyOfRange(hex(nonce), 4, 12);
    byte[] packet = new byte[16 + ciphertext.length() / 2];
    System.arraycopy(bound, 0, packet, 0, 4);
    System.arraycopy(bound, bound.length - 4, packet, 4, 4);
    System.arraycopy(iv, 0, packet, 8, 8);
    System.arraycopy(hex(ciphertext), 0, packet, 16, ciphertext.length() / 2);
    byte[] plain = hex(plaintext);

    InboundSa inbound =
        new InboundSa(
            new AeadProtection(
                provider(),
                key.length() == 32
                    ? EncryptionAlgorithm.AES_GCM_16_128
                    : EncryptionAlgorithm.AES_GCM_16_256,
                BigEndian.getInt(bound, 0),
                esn,
                SecretBytes.adopt(hex(key + nonce.substring(0, 8)))),
            BigEndian.getInt(bound, 0),
            esn,
            windowBefore(bound, esn));
    byte[] out = new byte[2000];
    int length = inbound.open(packet, 0, packet.length, out, 0);

    int padLength = plain[plain.length - 2];
    assertThat(length).isEqualTo(plain.length - 2 - padLength);
    assertThat(Arrays.copyOf(out, length)).isEqualTo(Arrays.copyOf(plain, length));
    assertThat(inbound.nextHeader()).isEqualTo(plain[plain.length - 1]);
  }

  /** A window that has just seen the packet before this one. */
  private static ReplayWindow windowBefore(byte[] bound, boolean esn) {
    ReplayWindow window = new ReplayWindow(Esp.REPLAY_WINDOW);
    long low = Integer.toUnsignedLong(BigEndian.getInt(bound, bound.length - 4));
    long high = esn ? Integer.toUnsignedLong(BigEndian.getInt(bound, 4)) : 0;
    window.mark((high << 32 | low) - 1);
    return window;
  }

  private static byte[] hex(String s) {
    return HexFormat.of().parseHex(s);
  }
}
