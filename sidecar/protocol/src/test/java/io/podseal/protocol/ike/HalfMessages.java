package io.podseal.protocol.ike;

/** Looks at what an IKE SA keeps of messages that are not complete. */
public final class HalfMessages {
  private HalfMessages() {}

  /** Whether {@code sa}, which may be over, holds fragments. */
  public static boolean areKeptBy(IkeSa sa) {
    return sa.core().fragmentDeadline().isPresent();
  }
}
