package io.podseal.e2e.ring;

import io.podseal.e2e.lab.Command;

/** What the tests do on the node itself, past the Kubernetes API. */
final class Node {
  private Node() {}

  /** Sends SIGKILL to a container, as a crash would end it. */
  static void kill(String container) {
    enter("ctr", "--namespace", "k8s.io", "task", "kill", "--signal", "SIGKILL", container).must();
  }

  /** Makes the CNI plugin forget where it was, so that it gives out the lowest free address. */
  static void giveOutTheLowestFreeAddressNext() {
    enter("sh", "-c", "rm -f /var/lib/cni/networks/*/last_reserved_ip.*").must();
  }

  private static Command.Result enter(String... line) {
    return Command.of(line).under("../dev", "cluster", "enter").run();
  }
}
