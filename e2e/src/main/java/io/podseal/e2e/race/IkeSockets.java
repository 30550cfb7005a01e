package io.podseal.e2e.race;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.udpencap.DatagramKind;
import io.podseal.protocol.udpencap.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/** The two UDP sockets of one end, on the ports of IKE; never blocks. Confined to one thread. */
final class IkeSockets implements AutoCloseable {
  private static final int KERNEL_BUFFER = 1 << 20;
  private static final int LONGEST = 0xffff;

  private final InetAddress local;
  private final ByteBuffer buffer;
  private final DatagramChannel plain = DatagramChannel.open();
  private final DatagramChannel encapsulated = DatagramChannel.open();

  /** Who gets the messages. */
  interface Receiver {
    void message(byte[] message, Endpoint from, Endpoint to) throws IOException;
  }

  private IkeSockets(InetAddress local, ByteBuffer buffer) throws IOException {
    this.local = local;
    this.buffer = buffer;
  }

  /** Returns a buffer that any number of sockets of one thread may share. */
  static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(LONGEST);
  }

  /** Opens both at {@code local}; their keys at {@code selector} have {@code owner} attached. */
  static IkeSockets open(InetAddress local, Selector selector, Object owner, ByteBuffer buffer)
      throws IOException {
    IkeSockets sockets = new IkeSockets(local, buffer);
    try {
      sockets.bind(sockets.plain, Ports.IKE, selector, owner);
      sockets.bind(sockets.encapsulated, Ports.IKE_NAT_TRAVERSAL, selector, owner);
      return sockets;
    } catch (IOException e) {
      sockets.close();
      throw e;
    }
  }

  private void bind(DatagramChannel channel, int port, Selector selector, Object owner)
      throws IOException {
    channel.setOption(StandardSocketOptions.SO_RCVBUF, KERNEL_BUFFER);
    channel.bind(new InetSocketAddress(local, port));
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, owner);
  }

  void send(Action.Send send) throws IOException {
    buffer.clear();
    if (send.encapsulated()) {
      buffer.putInt(0);
    }
    buffer.put(send.message()).flip();
    InetSocketAddress to = new InetSocketAddress(send.to().address(), send.to().port());
    if ((send.encapsulated() ? encapsulated : plain).send(buffer, to) == 0) {
      throw new IOException("the socket takes no more");
    }
  }

  /** Hands over every IKE message that waits at {@code channel}, which is one of ours. */
  void receive(SelectableChannel channel, Receiver receiver) throws IOException {
    boolean marked = channel.equals(encapsulated);
    DatagramChannel from = marked ? encapsulated : plain;
    Endpoint to = new Endpoint(local, marked ? Ports.IKE_NAT_TRAVERSAL : Ports.IKE);
    buffer.clear();
    for (SocketAddress source = from.receive(buffer);
        source != null;
        source = from.receive(buffer.clear())) {
      byte[] message = message(marked);
      if (message.length > 0) {
        InetSocketAddress address = (InetSocketAddress) source;
        receiver.message(message, new Endpoint(address.getAddress(), address.getPort()), to);
      }
    }
  }

  /** Returns the IKE message in the buffer; no octets for what is none. */
  private byte[] message(boolean marked) {
    buffer.flip();
    byte[] datagram = new byte[buffer.remaining()];
    buffer.get(datagram);
    if (!marked) {
      return datagram;
    }
    if (DatagramKind.of(datagram, 0, datagram.length) != DatagramKind.IKE) {
      return new byte[0];
    }
    byte[] message = new byte[datagram.length - DatagramKind.MARKER_LENGTH];
    System.arraycopy(datagram, DatagramKind.MARKER_LENGTH, message, 0, message.length);
    return message;
  }

  @Override
  public void close() throws IOException {
    plain.close();
    encapsulated.close();
  }
}
