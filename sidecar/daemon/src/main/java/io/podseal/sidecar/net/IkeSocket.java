package io.podseal.sidecar.net;

import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.Endpoint;
import io.podseal.protocol.wire.Bytes;
import io.podseal.sidecar.engine.IkeSender;
import io.podseal.sidecar.linux.Datagram;
import io.podseal.sidecar.linux.EventFd;
import io.podseal.sidecar.linux.Poller;
import io.podseal.sidecar.linux.UdpSocket;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.BiConsumer;

/**
 * UDP 500: one thread receives; {@link #send} is the engine thread's. Opened in the network
 * namespace of the thread that calls {@link #open}.
 */
public final class IkeSocket implements IkeSender, AutoCloseable {
  /** One octet too many tells the engine that a message is too long, without keeping the rest. */
  private static final int MAX_MESSAGE = MessageDecoder.MAX_LENGTH + 1;

  private static final int SOCKET_BUFFER = 1024 * 1024;

  private final UdpSocket socket;
  private final EventFd wake = new EventFd();
  private final Datagram outgoing = new Datagram(MAX_MESSAGE);
  private final Thread thread;
  private volatile boolean running = true;

  private IkeSocket(UdpSocket socket, BiConsumer<byte[], Endpoint> receiver) {
    this.socket = socket;
    this.thread = new Thread(() -> receive(receiver), "ike-500");
  }

  /**
   * Binds the port.
   *
   * @param mark firewall mark that lets our packets out to peers
   * @param receiver gets each datagram and its source; called on this socket's thread
   * @throws io.podseal.sidecar.linux.LinuxException with what to change in the pod
   */
  public static IkeSocket open(int port, int mark, BiConsumer<byte[], Endpoint> receiver) {
    IkeSocket socket = new IkeSocket(UdpSocket.bind(port, mark, SOCKET_BUFFER), receiver);
    socket.thread.setDaemon(true);
    socket.thread.start();
    return socket;
  }

  @Override
  public boolean send(byte[] message, Endpoint to) {
    if (message.length > MAX_MESSAGE) {
      return false;
    }
    outgoing.to(Bytes.copyOf(to.address().getAddress()).s32(0), to.port());
    outgoing.payload().write(0, message, 0, message.length);
    return socket.send(outgoing, message.length);
  }

  private void receive(BiConsumer<byte[], Endpoint> receiver) {
    Datagram incoming = new Datagram(MAX_MESSAGE);
    Poller poller = new Poller(socket, wake);
    while (running) {
      poller.await();
      int length = socket.receive(incoming);
      while (running && length >= 0) {
        byte[] message = new byte[length];
        incoming.payload().read(message, 0, length);
        receiver.accept(message, source(incoming));
        length = socket.receive(incoming);
      }
    }
    socket.close();
    wake.close();
  }

  private static Endpoint source(Datagram datagram) {
    try {
      byte[] address = Bytes.ofInt(datagram.address()).toArray();
      return new Endpoint(InetAddress.getByAddress(address), datagram.port());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four octets are an IPv4 address", e);
    }
  }

  @Override
  public void close() {
    running = false;
    wake.signal();
  }
}
