package io.podseal.protocol.ike;

/** Moves an IKE SA to where its message IDs are nearly used up. */
public final class MessageIds {
  private MessageIds() {}

  /** The next request of {@code sa} has this message ID. */
  public static void skipTo(IkeSa sa, int messageId) {
    try {
      var field = MessageWindow.class.getDeclaredField("nextRequest");
      field.setAccessible(true);
      field.setInt(sa.core().window(), messageId);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("MessageWindow has no nextRequest", e);
    }
  }

  /** The next request of the peer is expected to have this message ID. */
  public static void expect(IkeSa sa, int messageId) {
    sa.core().window().expectFrom(messageId);
  }
}
