package io.podseal.e2e.scenario;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Runs inside a pod as a process of its own: sends datagrams from a file, or holds a UDP port. */
final class DatagramTool {
  private DatagramTool() {}

  public static void main(String[] arguments) throws Exception {
    switch (arguments[0]) {
      case "send" -> send(arguments[1], arguments[2], arguments[3], Path.of(arguments[4]));
      case "hold" -> hold(Integer.parseInt(arguments[1]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /** The file holds records of length (2 octets) and payload. */
  private static void send(String from, String to, String port, Path file) throws IOException {
    InetSocketAddress target =
        new InetSocketAddress(InetAddress.getByName(to), Integer.parseInt(port));
    InetSocketAddress source = new InetSocketAddress(InetAddress.getByName(from), 4500);
    try (DatagramSocket socket = new DatagramSocket(source);
        DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      int sent = 0;
      while (in.available() > 0) {
        byte[] payload = in.readNBytes(in.readUnsignedShort());
        socket.send(new DatagramPacket(payload, payload.length, target));
        sent++;
      }
      System.out.println(sent);
    }
  }

  private static void hold(int port) throws Exception {
    try (DatagramSocket socket = new DatagramSocket(port)) {
      System.out.println("holding " + socket.getLocalPort());
      new CountDownLatch(1).await();
    }
  }
}
