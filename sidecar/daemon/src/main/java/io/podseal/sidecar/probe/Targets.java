package io.podseal.sidecar.probe;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** Finds addresses; names are looked up off the event loop, as that may take seconds. */
final class Targets {
  private Targets() {}

  /**
   * @param found runs on the loop, unless the attempt has ended
   */
  static void find(Attempt attempt, String host, int port, Consumer<InetSocketAddress> found) {
    if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
      found.accept(new InetSocketAddress(host, port));
      return;
    }
    Thread.ofVirtual()
        .name("probe-dns")
        .start(() -> {
          InetSocketAddress address = new InetSocketAddress(host, port);
          attempt
              .loop()
              .execute(() -> {
                if (address.isUnresolved()) {
                  attempt.fail("the name " + host + " has no address");
                } else if (!attempt.outcome().isDone()) {
                  found.accept(address);
                }
              });
        });
  }
}
