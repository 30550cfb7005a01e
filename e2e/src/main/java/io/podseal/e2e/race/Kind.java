package io.podseal.e2e.race;

import io.podseal.protocol.policy.CryptoOffer;
import io.podseal.protocol.policy.SequenceNumbers;
import java.util.List;

/** A kind of handshake, in our words and in strongSwan's. */
enum Kind {
  X25519_CHILDLESS("X25519, childless", false, false),
  X25519_CHILD("X25519, one child", false, true),
  HYBRID_CHILDLESS("hybrid, childless", true, false),
  HYBRID_CHILD("hybrid, one child", true, true);

  private final String title;
  private final boolean hybrid;
  private final boolean withChild;

  Kind(String title, boolean hybrid, boolean withChild) {
    this.title = title;
    this.hybrid = hybrid;
    this.withChild = withChild;
  }

  String title() {
    return title;
  }

  /** Returns the offer of pods, but for strongSwan's own ESP, which counts with 32 bits. */
  CryptoOffer offer() {
    CryptoOffer offer = hybrid ? CryptoOffer.HYBRID : CryptoOffer.CLASSIC;
    return offer.withSequenceNumbers(List.of(SequenceNumbers.SEQUENTIAL_32));
  }

  /** Returns strongSwan's proposal for the IKE SA. */
  String proposal() {
    return "aes256gcm16-prfsha256-x25519" + (hybrid ? "-ke1_mlkem768" : "");
  }

  boolean withChild() {
    return withChild;
  }
}
