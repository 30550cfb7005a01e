package io.podseal.sidecar.dataplane.userspace;

/**
 * What the plane is built with.
 *
 * @param tun name of the TUN device
 * @param udpPort port of IKE and ESP in UDP, at every peer too; 4500 but in tests
 * @param mark firewall mark of our packets, the same as in the nftables table
 * @param linkMtu MTU of the link that carries the pod's address
 * @param offload whether packets may cross the kernel's boundary in units of 64 KB; what a kernel
 *     cannot do is switched off by itself
 */
public record UserspaceOptions(String tun, int udpPort, int mark, int linkMtu, boolean offload) {
  public static final int UDP_PORT = 4500;

  /** The letters PO: it tells our packets from an application's. */
  public static final int MARK = 0x504f;

  /** With offload. */
  public UserspaceOptions(String tun, int udpPort, int mark, int linkMtu) {
    this(tun, udpPort, mark, linkMtu, true);
  }
}
