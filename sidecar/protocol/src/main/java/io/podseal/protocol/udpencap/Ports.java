package io.podseal.protocol.udpencap;

/** Well-known UDP ports (RFC 7296 §2, RFC 3948). */
public final class Ports {
  public static final int IKE = 500;
  public static final int IKE_NAT_TRAVERSAL = 4500;

  private Ports() {}
}
