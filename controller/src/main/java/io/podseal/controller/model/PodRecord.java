package io.podseal.controller.model;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The part of a Pod that decides about its peers.
 *
 * @param addresses the API's podIPs, primary first; empty until the pod has a network
 * @param hostNetwork whether the pod shares its node's addresses; such a pod is never a peer
 * @param injected whether it has the init container {@code podseal}; fixed for a pod's life
 * @param finished whether its phase is Succeeded or Failed; a deletion timestamp alone is not
 */
public record PodRecord(
    String uid,
    String namespace,
    String name,
    String serviceAccount,
    Map<String, String> labels,
    List<String> addresses,
    boolean hostNetwork,
    boolean injected,
    boolean finished,
    Instant created) {
  private static final int LONGEST_IDENTITY = 255;
  private static final int UID = 36;
  private static final int LONGEST_NAMESPACE = 63;
  private static final String PODS = ".pods.";

  /** With a longer trust domain IKE would not carry the identity of every pod. */
  public static final int LONGEST_TRUST_DOMAIN =
      LONGEST_IDENTITY - (UID + ".".length() + LONGEST_NAMESPACE + PODS.length());

  public PodRecord {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(addresses);
  }

  /** Whether the pod runs and has addresses of its own, so that traffic with it can be sealed. */
  public boolean sealable() {
    return !finished && !hostNetwork && !addresses.isEmpty();
  }

  /** Namespace and name, for people. */
  public String display() {
    return namespace + "/" + name;
  }

  /**
   * The IKE identity: {@code <pod-uid>.<namespace>.pods.<trust-domain>}, lower case, opaque to
   * every reader.
   */
  public String identity(String trustDomain) {
    return identity(uid, namespace, trustDomain);
  }

  /** As {@link #identity(String)}, of a pod that is known by UID and namespace only. */
  public static String identity(String uid, String namespace, String trustDomain) {
    return (uid + "." + namespace + PODS + trustDomain).toLowerCase(Locale.ROOT);
  }
}
