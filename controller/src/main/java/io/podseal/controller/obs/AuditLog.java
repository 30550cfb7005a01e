package io.podseal.controller.obs;

import org.jboss.logging.Logger;

/**
 * Who was let in, who was not, and who was given keys: log category {@code audit}.
 *
 * <p>Names and numbers only, never a token or a key. Safe for use by several threads.
 */
public final class AuditLog {
  private static final Logger LOG = Logger.getLogger("audit");
  private static final int MAX_LENGTH = 128;

  /** A sidecar proved its identity and opened its stream. */
  public void streamOpened(
      String pod, String uid, String serviceAccount, String version, String dataPlane) {
    LOG.infof(
        "stream opened: pod=%s uid=%s serviceaccount=%s version=%s dataplane=%s",
        pod, uid, serviceAccount, plain(version), plain(dataPlane));
  }

  /** A stream ended. */
  public void streamClosed(String pod, String uid, String reason) {
    LOG.infof("stream closed: pod=%s uid=%s reason=%s", pod, uid, plain(reason));
  }

  /**
   * A stream was refused.
   *
   * @param remote address of the caller
   * @param about the pod that the token names, as far as the API server confirmed it
   */
  public void streamDenied(String remote, String about, String reason) {
    LOG.warnf("stream denied: from=%s pod=%s reason=%s", remote, plain(about), reason);
  }

  /** A sidecar was sent keys. */
  public void keysIssued(String pod, String uid, int peers, String epochs) {
    LOG.infof("keys issued: pod=%s uid=%s peers=%d epochs=%s", pod, uid, peers, epochs);
  }

  /** The master key was replaced because it was lost. */
  public void keysReplaced(int newEpoch, String why) {
    LOG.warnf("master key replaced: epoch=%d because %s", newEpoch, why);
  }

  /** Text of others, in one line and of bounded length. */
  private static String plain(String text) {
    var bounded = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    return bounded.replaceAll("[^\\x20-\\x7e]", "?");
  }
}
