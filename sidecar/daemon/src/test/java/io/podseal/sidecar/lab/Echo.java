package io.podseal.sidecar.lab;

import io.podseal.sidecar.lab.Lab.Pod;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Applications of two pods that talk to each other. */
public final class Echo {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private Echo() {}

  /** Sends random octets over TCP and compares what comes back; false when none does. */
  public static boolean tcp(Pod from, Pod to, int length) throws Exception {
    byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    try (ServerSocket server = to.namespace().call(() -> new ServerSocket(0))) {
      CompletableFuture<Boolean> echo =
          CompletableFuture.supplyAsync(() -> {
            try (Socket accepted = server.accept()) {
              accepted.getOutputStream().write(accepted.getInputStream().readNBytes(length));
              return true;
            } catch (IOException e) {
              return false;
            }
          });
      try (Socket client = from.namespace().call(() -> connect(to, server.getLocalPort()))) {
        client.getOutputStream().write(data);
        return Arrays.equals(client.getInputStream().readNBytes(length), data) && echo.join();
      } catch (IOException e) {
        return false;
      }
    }
  }

  /** The same with one datagram; throws when none comes back. */
  public static boolean udp(Pod from, Pod to, int length) throws Exception {
    byte[] data = new byte[length];
    new Random(length).nextBytes(data);
    try (DatagramSocket server = to.namespace().call(() -> new DatagramSocket());
        DatagramSocket client = from.namespace().call(() -> new DatagramSocket())) {
      server.setSoTimeout((int) LIMIT.toMillis());
      client.setSoTimeout((int) LIMIT.toMillis());
      client.send(new DatagramPacket(data, length, to.address(), server.getLocalPort()));
      DatagramPacket there = new DatagramPacket(new byte[65_535], 65_535);
      server.receive(there);
      server.send(there);
      DatagramPacket back = new DatagramPacket(new byte[65_535], 65_535);
      client.receive(back);
      return Arrays.equals(Arrays.copyOf(back.getData(), back.getLength()), data);
    }
  }

  /** Sockets open in the namespace of the thread that connects them. */
  private static Socket connect(Pod to, int port) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout((int) LIMIT.toMillis());
    try {
      socket.connect(new InetSocketAddress(to.address(), port), 1000);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }
}
