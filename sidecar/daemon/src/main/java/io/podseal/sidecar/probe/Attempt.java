package io.podseal.sidecar.probe;

import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/** Asks the application once. */
interface Attempt {
  /**
   * Begins; whoever completes the future, such as a deadline, ends the attempt and its connection.
   *
   * @param loop runs all of it
   * @param address where the handler's host and port lead
   */
  void begin(EventLoop loop, InetSocketAddress address, CompletableFuture<Outcome> outcome);
}
