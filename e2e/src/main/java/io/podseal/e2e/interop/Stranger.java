package io.podseal.e2e.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Somebody on the node who begins an IKE SA and never goes on with it. */
final class Stranger {
  private static final int IKE = 500;
  private static final int LENGTH = 28 + 40 + 40 + 36 + 28 + 28;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Stranger() {}

  /** Sends one IKE_SA_INIT request. */
  static void knock(InetAddress target) {
    byte[] request = request();
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.send(new DatagramPacket(request, request.length, target, IKE));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A well-formed request (RFC 7296 §1.2, §2.23): SA, KE, Nonce, and hashes as of behind a NAT. */
  private static byte[] request() {
    ByteBuffer message = ByteBuffer.allocate(LENGTH);
    message.put(random(8)).putLong(0);
    message.put((byte) 33).put((byte) 0x20).put((byte) 34).put((byte) 0x08);
    message.putInt(0).putInt(LENGTH);
    // SA: one proposal of AES-GCM-16 with 256 bits, PRF_HMAC_SHA2_256 and Curve25519.
    payload(message, 34, 36);
    message.put((byte) 0).put((byte) 0).putShort((short) 36);
    message.put((byte) 1).put((byte) 1).put((byte) 0).put((byte) 3);
    transform(message, 3, 12, 1, 20).putShort((short) 0x800e).putShort((short) 256);
    transform(message, 3, 8, 2, 5);
    transform(message, 0, 8, 4, 31);
    payload(message, 40, 36).putShort((short) 31).putShort((short) 0).put(random(32));
    payload(message, 41, 32).put(random(32));
    payload(message, 41, 24).putInt(16388).put(random(20));
    payload(message, 0, 24).putInt(16389).put(random(20));
    return message.array();
  }

  private static ByteBuffer payload(ByteBuffer message, int next, int length) {
    return message.put((byte) next).put((byte) 0).putShort((short) (4 + length));
  }

  private static ByteBuffer transform(
      ByteBuffer message, int more, int length, int type, int identifier) {
    message.put((byte) more).put((byte) 0).putShort((short) length);
    return message.put((byte) type).put((byte) 0).putShort((short) identifier);
  }

  private static byte[] random(int length) {
    byte[] octets = new byte[length];
    RANDOM.nextBytes(octets);
    return octets;
  }
}
