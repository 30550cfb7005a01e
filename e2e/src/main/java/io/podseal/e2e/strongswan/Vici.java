package io.podseal.e2e.strongswan;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A connection to the control interface of a running charon. Confined to one thread. */
final class Vici implements AutoCloseable {
  private static final int COMMAND = 0;
  private static final int ANSWER = 1;
  private static final int UNKNOWN_COMMAND = 2;
  private static final int REGISTER = 3;
  private static final int UNREGISTER = 4;
  private static final int CONFIRMED = 5;
  private static final int EVENT = 7;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int LONGEST = 1 << 20;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;

  private record Packet(int type, byte[] body) {}

  private Vici(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new DataInputStream(socket.getInputStream());
    this.out = new DataOutputStream(socket.getOutputStream());
  }

  /**
   * Connects.
   *
   * @throws IOException while nobody listens
   */
  static Vici connect(String address, int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(address, port), 500);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return new Vici(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends a command and returns the answer; one that says no success is an error. */
  Map<String, Object> must(String command, Map<String, ?> message) {
    Map<String, Object> answer = ask(command, message);
    if (!"yes".equals(answer.get("success"))) {
      throw new IllegalStateException(command + ": " + answer.get("errmsg"));
    }
    return answer;
  }

  /** Sends a command and returns the answer. */
  Map<String, Object> ask(String command, Map<String, ?> message) {
    try {
      send(COMMAND, command, ViciMessage.encode(message));
      return ViciMessage.decode(expect(ANSWER, command));
    } catch (IOException e) {
      throw new UncheckedIOException(command, e);
    }
  }

  /** Sends a command that answers by a stream of {@code event}, and returns those. */
  List<Map<String, Object>> list(String command, String event) {
    try {
      send(REGISTER, event, new byte[0]);
      expect(CONFIRMED, event);
      send(COMMAND, command, new byte[0]);
      List<Map<String, Object>> events = new ArrayList<>();
      for (Packet packet = receive(); packet.type() != ANSWER; packet = receive()) {
        if (packet.type() != EVENT) {
          throw new IOException(command + ": packet of type " + packet.type());
        }
        int name = packet.body()[0] & 0xff;
        byte[] body = Arrays.copyOfRange(packet.body(), 1 + name, packet.body().length);
        events.add(ViciMessage.decode(body));
      }
      send(UNREGISTER, event, new byte[0]);
      expect(CONFIRMED, event);
      return events;
    } catch (IOException e) {
      throw new UncheckedIOException(command, e);
    }
  }

  private void send(int type, String name, byte[] message) throws IOException {
    byte[] octets = name.getBytes(StandardCharsets.UTF_8);
    out.writeInt(2 + octets.length + message.length);
    out.writeByte(type);
    out.writeByte(octets.length);
    out.write(octets);
    out.write(message);
    out.flush();
  }

  private byte[] expect(int type, String what) throws IOException {
    Packet packet = receive();
    if (packet.type() == UNKNOWN_COMMAND) {
      throw new IOException("charon does not know the command " + what);
    }
    if (packet.type() != type) {
      throw new IOException(what + ": packet of type " + packet.type());
    }
    return packet.body();
  }

  private Packet receive() throws IOException {
    int length = in.readInt();
    if (length < 1 || length > LONGEST) {
      throw new IOException("a packet of " + length + " octets");
    }
    int type = in.readUnsignedByte();
    byte[] body = in.readNBytes(length - 1);
    if (body.length < length - 1) {
      throw new IOException("charon closed the connection");
    }
    return new Packet(type, body);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
