package io.podseal.controller.obs;

import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Who was let in, who was not, and who was given keys: log category {@code audit}.
 *
 * <p>A stream is opened once and then closed, for whatever reason, or it is denied: before its
 * sidecar introduced itself nothing was opened. Names, numbers and ids only, never a token or an
 * octet of a key. Safe for use by several threads.
 */
public final class AuditLog {
  private static final Logger LOG = Logger.getLogger("audit");
  private static final int MAX_LENGTH = 128;
  private static final int IDS_IN_A_LINE = 64;

  /**
   * Whom a line is about.
   *
   * @param pod namespace and name
   * @param node empty if unknown
   */
  public record Who(String pod, String uid, String serviceAccount, String node) {
    @Override
    public String toString() {
      return "pod=%s uid=%s serviceaccount=%s node=%s"
          .formatted(
              plain(pod), plain(uid), plain(serviceAccount), node.isEmpty() ? "-" : plain(node));
    }
  }

  /** A sidecar proved its identity and opened its stream. */
  public void streamOpened(Who who, String version, String dataPlane) {
    LOG.infof("stream opened: %s version=%s dataplane=%s", who, plain(version), plain(dataPlane));
  }

  /** A stream that was opened ended. */
  public void streamClosed(Who who, String reason) {
    LOG.infof("stream closed: %s reason=%s", who, plain(reason));
  }

  /**
   * A stream was refused.
   *
   * @param remote address of the caller
   * @param about whom the token names, as far as the API server confirmed it
   */
  public void streamDenied(String remote, Optional<Who> about, String reason) {
    LOG.warnf(
        "stream denied: from=%s %s reason=%s",
        remote, about.map(Who::toString).orElse("pod=-"), reason);
  }

  /**
   * A sidecar was sent keys of one epoch for one peering.
   *
   * @param peering namespace and name of the oldest that pairs the pods
   * @param ids of the keys, by which the two ends of a pair can be told to have the same one
   */
  public void keysIssued(Who who, String peering, int epoch, List<String> ids) {
    for (int from = 0; from < ids.size(); from += IDS_IN_A_LINE) {
      var some = ids.subList(from, Math.min(ids.size(), from + IDS_IN_A_LINE));
      LOG.infof(
          "keys issued: %s peering=%s epoch=%d keys=%d ids=%s",
          who, peering, epoch, some.size(), String.join(",", some));
    }
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
