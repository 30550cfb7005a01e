package io.podseal.protocol.fuzz;

import io.podseal.protocol.crypto.Aead;
import io.podseal.protocol.crypto.EncryptionAlgorithm;
import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.esp.Esp;
import io.podseal.protocol.esp.InboundSa;
import io.podseal.protocol.secret.SecretBytes;
import io.podseal.protocol.telemetry.DropReason;
import io.podseal.protocol.wire.ByteWriter;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * ESP packets to one inbound SA: any octets, and authentic packets around any content.
 *
 * <pre>
 * 0 octets                      a packet as it is
 * 1 octets                      a packet whose SPI is made right
 * 2 sequence(8) plaintext       an authentic packet with this number
 * 3 delta(2) plaintext          an authentic packet with the highest number plus delta
 * 4                             the last packet again
 * </pre>
 */
final class EspTarget implements FuzzTarget {
  private static final int KINDS = 5;

  /** Packets after which every class is loaded. */
  private static final int WARM_UP = 200;

  private static final int SPI = 0xc0000001;
  private static final EncryptionAlgorithm CIPHER = EncryptionAlgorithm.AES_GCM_16_256;
  private static final byte[] KEYMAT = new byte[36];
  private static final JdkCryptoProvider CRYPTO = new JdkCryptoProvider();

  @Override
  public String name() {
    return "esp-open";
  }

  @Override
  public String about() {
    return "ESP packets, forged and authentic, to one SA";
  }

  @Override
  public void run(byte[] input) {
    for (boolean esn : new boolean[] {true, false}) {
      new Judge(esn).judge(new Script(input));
    }
  }

  /** Knows what an SA must do with each packet of a script. */
  private static final class Judge {
    private static int opened;

    private final boolean esn;
    private final InboundSa sa;
    private final Set<Long> accepted = new HashSet<>();
    private byte[] last = new byte[0];

    Judge(boolean esn) {
      this.esn = esn;
      this.sa = new InboundSa(CRYPTO, CIPHER, SPI, esn, SecretBytes.copyOf(KEYMAT));
    }

    void judge(Script script) {
      while (script.hasNext()) {
        Script.Step step = script.next();
        switch (step.what() % KINDS) {
          case 0 -> forged(step.octets());
          case 1 -> {
            byte[] packet = step.octets().clone();
            if (packet.length >= 4) {
              System.arraycopy(new ByteWriter().u32(SPI).toArray(), 0, packet, 0, 4);
            }
            forged(packet);
          }
          case 2 -> {
            long sequence = 0;
            for (int i = 0; i < 8; i++) {
              sequence = sequence << 8 | step.u8(i);
            }
            authentic(sequence, step.from(8));
          }
          case 3 -> {
            int delta = (short) (step.u8(0) << 8 | step.u8(1));
            authentic(sa.highestSequence() + delta, step.from(2));
          }
          default -> {
            int code = open(last);
            if (code >= 0 || code == DropReason.ESP_DUMMY.code()) {
              throw new AssertionError("a packet was accepted twice");
            }
          }
        }
      }
    }

    private void forged(byte[] packet) {
      long before = sa.highestSequence();
      int code = open(packet);
      if (code >= 0 || InboundSa.isAuthentic(code)) {
        throw new AssertionError("a forged packet is " + code);
      }
      if (sa.highestSequence() != before) {
        throw new AssertionError("a forged packet moved the window");
      }
    }

    private void authentic(long wanted, byte[] plaintext) {
      long sequence = esn ? wanted : wanted & 0xffffffffL;
      byte[] packet = craft(sequence, plaintext);
      long before = sa.highestSequence();
      int code = open(packet);
      boolean mayPass = plaintext.length >= 2 && sequence != 0;
      if (!mayPass && InboundSa.isAuthentic(code)) {
        throw new AssertionError("accepted with number " + sequence);
      }
      boolean tooOld =
          Long.compareUnsigned(sequence, before) < 0
              && Long.compareUnsigned(before - sequence, Esp.REPLAY_WINDOW) >= 0;
      if (InboundSa.isAuthentic(code)) {
        if (tooOld || !accepted.add(sequence)) {
          throw new AssertionError("accepted " + sequence + " after " + before);
        }
        content(code, plaintext);
      } else if (mayPass && !tooOld && !accepted.contains(sequence) && isNear(sequence, before)) {
        throw new AssertionError("refused " + sequence + " after " + before + " with " + code);
      }
      last = packet;
    }

    /** Whether the receiver infers the high half that the sender used (RFC 4303 Appendix A). */
    private boolean isNear(long sequence, long top) {
      return !esn
          || Long.compareUnsigned(sequence, top) <= 0
          || Long.compareUnsigned(sequence - top, 1L << 31) < 0;
    }

    private void content(int code, byte[] plaintext) {
      int pad = plaintext[plaintext.length - 2] & 0xff;
      int length = plaintext.length - 2 - pad;
      if (code >= 0
          && (code != length || sa.nextHeader() != (plaintext[plaintext.length - 1] & 0xff))) {
        throw new AssertionError("payload of " + code + ", expected " + length);
      }
    }

    private int open(byte[] packet) {
      byte[] out = new byte[packet.length + 40];
      byte[] untouched = packet.clone();
      long before = Cost.allocated();
      int code = sa.open(packet, 0, packet.length, out, 20);
      long cost = Cost.allocated() - before;
      // It cannot be repeated: the first ones may load classes.
      if (++opened > WARM_UP && cost > Cost.ALLOCATION) {
        throw new AssertionError("allocates " + cost + " octets");
      }
      // CVE-2026-43284: the packet lies in somebody else's buffer.
      if (!Arrays.equals(packet, untouched)) {
        throw new AssertionError("the packet itself was changed");
      }
      for (int i = 0; i < 20; i++) {
        if (out[i] != 0 || out[out.length - 1 - i] != 0) {
          throw new AssertionError("octets outside of the output were changed");
        }
      }
      return code;
    }

    private byte[] craft(long sequence, byte[] plaintext) {
      byte[] head = new ByteWriter().u32(SPI).u32((int) sequence).u64(sequence).toArray();
      byte[] nonce = new ByteWriter().u32(0).u64(sequence).toArray();
      ByteWriter aad = new ByteWriter().u32(SPI);
      byte[] bound = (esn ? aad.u64(sequence) : aad.u32((int) sequence)).toArray();
      byte[] packet = Arrays.copyOf(head, head.length + plaintext.length + Aead.TAG_LENGTH);
      CRYPTO
          .aead(CIPHER, SecretBytes.copyOf(KEYMAT, 0, 32))
          .seal(nonce, bound, bound.length, plaintext, 0, plaintext.length, packet, head.length);
      return packet;
    }
  }

  @Override
  public List<Seed> seeds() {
    byte[] udp = {9, 9, 9, 9, 9, 9, 1, 1, 17};
    byte[] dummy = {1, 2, 2, 59};
    return List.of(
        new Seed("nothing", new byte[0]),
        new Seed("short", new Script.Writer().step(1, new byte[33]).toArray()),
        new Seed(
            "forged", new Script.Writer().step(1, new byte[60]).step(0, new byte[60]).toArray()),
        new Seed("in-order", numbers(udp, 1, 2, 3)),
        new Seed("dummy", numbers(dummy, 1)),
        new Seed("zero", numbers(udp, 0)),
        new Seed("window-edge", numbers(udp, 2000, 977, 976, 2000)),
        new Seed("half-wrap", numbers(udp, 0xfffffff0L, 0x100000001L, 0xfffffff1L)),
        new Seed("highest", numbers(udp, 0x7ffffffffL, -1L)),
        new Seed(
            "again",
            new Script.Writer().step(3, 0, 1, 5, 0, 6).step(4).step(3, 0, 1, 255, 17).toArray()));
  }

  private static byte[] numbers(byte[] plaintext, long... numbers) {
    Script.Writer script = new Script.Writer();
    for (long number : numbers) {
      script.step(2, new ByteWriter().u64(number).bytes(plaintext).toArray());
    }
    return script.toArray();
  }
}
