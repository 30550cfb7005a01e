package io.podseal.protocol.ike;

/** Our own bounds on what a peer can make us keep or do, each with its reason. */
public final class Limits {
  /**
   * Unauthenticated SAs in all but for {@link #HALF_OPEN_KEPT_FOR_PEER}: each costs about 3 KB and
   * one key exchange. A few hosts that return cookies can hold all of them.
   */
  public static final int HALF_OPEN = 512;

  /** Unauthenticated SAs per source address; NAT may put a node's pods behind one address. */
  public static final int HALF_OPEN_PER_SOURCE = 64;

  /**
   * Unauthenticated SAs that a declared peer's address may have beside those when no place is left,
   * all with a cookie: an attempt, another under the other epoch, one after a restart, and one to
   * spare. Were all of 1,000 peers hostile, {@link #IKE_SAS} would bound them.
   */
  public static final int HALF_OPEN_KEPT_FOR_PEER = 4;

  /** From so many in all on, who begins an SA must return a cookie first (RFC 7296 §2.6). */
  public static final int HALF_OPEN_BEFORE_COOKIES = 64;

  /**
   * From so many of one source on, that source must return a cookie. A pod has one address, a node
   * with NAT has many pods; a cookie costs them a round trip, so this may be low.
   */
  public static final int HALF_OPEN_OF_SOURCE_BEFORE_COOKIES = 8;

  /**
   * IKE SAs in all, whatever their state: a pod has 1,000 peers at most, and {@link
   * #ESTABLISHED_PER_PEER} SAs with each at the worst moment.
   */
  public static final int IKE_SAS = 4_000;

  /** Work on cheap key exchanges that strangers may cause at once: all peers restart together. */
  public static final int KEY_EXCHANGE_BURST = 1_000;

  /** Work on cheap key exchanges that strangers may cause per second: 5 % of a core. */
  public static final int KEY_EXCHANGE_RATE = 250;

  /** Work on expensive ones at once: 20 with MODP-2048, a tenth of a second. */
  public static final int EXPENSIVE_BURST = 400;

  /** Work on expensive ones per second: 5 with MODP-2048, 2 % of a core. */
  public static final int EXPENSIVE_RATE = 100;

  /**
   * Answers to one source, until it has authenticated: a node's pods behind one NAT all restart.
   */
  public static final int ANSWER_BURST = 100;

  /** Such answers per second, each no longer than what it answers: a flood gets a trickle. */
  public static final int ANSWER_RATE = 50;

  /** Challenges to one source beyond its answers: others may send in its name. */
  public static final int CHALLENGE_BURST = 1_000;

  /** Such challenges per second, each shorter than what it answers: under 1 % of a core. */
  public static final int CHALLENGE_RATE = 500;

  /** Challenges at once to all declared peers' addresses together, beyond what each gets. */
  public static final int PEER_CHALLENGE_BURST = 1_000;

  /**
   * Such challenges per second. A challenge is never longer than what it answers and costs a few
   * microseconds, so this is about 5 % of a core and never amplifies; fewer would let a small flood
   * in a peer's name keep the peer out.
   */
  public static final int PEER_CHALLENGE_RATE = 10_000;

  /** Datagrams at once that repeat a request of an SA whose peer has not authenticated. */
  public static final int REPEAT_BURST = 30;

  /** Such datagrams per second: a peer repeats after half a second at the soonest. */
  public static final int REPEAT_RATE = 5;

  /** Sources that are counted: more than a pod has peers; who got least is forgotten first. */
  public static final int ANSWER_SOURCES = 2_048;

  /**
   * Work on key exchanges that one authenticated peer may cause at once, as CREATE_CHILD_SA; and as
   * much again from its address, with a cookie, when strangers have used up theirs.
   */
  public static final int PEER_KEY_EXCHANGE_BURST = 400;

  /**
   * Such work per second: 4 milliseconds, so that a hostile peer leaves the engine to the others. A
   * healthy one rekeys a few times in an hour. One exchange with the longest MODP group is 160.
   */
  public static final int PEER_KEY_EXCHANGE_RATE = 20;

  /** Established IKE SAs of one peer: current, replacement, crossing, and one to spare. */
  public static final int ESTABLISHED_PER_PEER = 4;

  /**
   * IKE SAs of one peer from which on neither end rekeys, and the oldest that ends makes room for
   * one that is authenticated. Those above, and what each leaves while its Delete is answered: a
   * rekey keeps the old SA for minutes if the peer does not delete it.
   */
  public static final int IKE_SAS_PER_PEER = 2 * ESTABLISHED_PER_PEER;

  /**
   * Largest IP datagram of ours that carries a protected message: every IPv6 path carries it (RFC
   * 8200 §5), and in practice every IPv4 path. A longer message is split (RFC 7383).
   */
  public static final int FRAGMENT_SIZE = 1280;

  /** What a path gets that does not carry the larger size: RFC 7383's value for IPv4. */
  public static final int SMALLEST_FRAGMENT_SIZE = 576;

  /**
   * We split no smaller, whatever the peer does: headers, IV and ICV of a fragment take 97 octets,
   * and the rest must be worth them.
   */
  public static final int LEAST_FRAGMENT_SIZE = 256;

  /** Times a message is sent in one size before it is cut smaller: about three seconds. */
  public static final int SENDS_PER_FRAGMENT_SIZE = 3;

  /** Fragments of one message that we collect: the longest message, cut in pieces of 256 octets. */
  public static final int FRAGMENTS = 64;

  /**
   * Octets in fragments of one message that we collect: a certificate chain fits twice, and all
   * half-open SAs of strangers together hold 8 MB at most, those kept for a peer 64 KB (RFC 7383 §5
   * allows up to 64 KB each).
   */
  public static final int REASSEMBLY_OCTETS = 16 * 1024;

  /** Children of one IKE SA: in use, its successor, a crossing one, and what lingers. */
  public static final int CHILDREN_PER_SA = 8;

  /**
   * Children of one IKE SA that others have replaced and that are not gone yet: when both ends
   * rekey all of {@link #CHILDREN_PER_SA} at once, each leaves the old one and the one that lost.
   */
  public static final int LEAVING_CHILDREN_PER_SA = 2 * CHILDREN_PER_SA;

  /**
   * Times in a row that a peer may refuse a new child before the IKE SA begins anew: what either
   * end holds of the other's policy may be of the time when this one began.
   */
  public static final int CHILD_REFUSALS = 3;

  /** Message IDs kept back for the Delete of an SA that has no more (RFC 7296 §2.2). */
  public static final int LAST_MESSAGE_IDS = 16;

  /**
   * Cookies an initiator returns before it begins anew: a responder changes its secret once in a
   * while, so that the second may be refused, but not a third.
   */
  public static final int COOKIE_RETRIES = 3;

  /** Our nonces: half the key size of the largest PRF we offer, and more (RFC 7296 §2.10). */
  public static final int NONCE_LENGTH = 32;

  /**
   * Handshakes that fail in a row before the pause between them stops growing: half a second
   * doubled five times is above {@link IkeTimers#RETRY_CAP}.
   */
  public static final int BACKOFF_STEPS = 5;

  private Limits() {}
}
