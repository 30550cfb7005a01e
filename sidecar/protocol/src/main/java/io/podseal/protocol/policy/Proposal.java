package io.podseal.protocol.policy;

import io.podseal.protocol.wire.Bytes;
import java.util.List;

/**
 * One proposal of an SA payload (RFC 7296 §3.3.1).
 *
 * @param number 1 for the first of a payload, one more for each next
 * @param protocol {@link #IKE}, {@link #AH} or {@link #ESP}, or a number we do not know
 * @param spi empty in IKE_SA_INIT, 8 octets when an IKE SA is rekeyed, 4 for ESP
 */
public record Proposal(int number, int protocol, Bytes spi, List<Transform> transforms) {
  public static final int IKE = 1;
  public static final int AH = 2;
  public static final int ESP = 3;

  /** Length of the SPI in a proposal that rekeys an IKE SA. */
  public static final int IKE_SPI_LENGTH = 8;

  public Proposal {
    transforms = List.copyOf(transforms);
  }

  List<Transform> ofType(TransformType type) {
    return transforms.stream().filter(t -> t.is(type)).toList();
  }
}
