package io.podseal.protocol.ike;

import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.IkeSuite;
import java.net.InetAddress;

/** Receives keys for decrypting captures; {@link #NONE} unless an operator asked for it. */
public interface KeyLog {
  KeyLog NONE =
      new KeyLog() {
        @Override
        public void ike(long spiInitiator, long spiResponder, IkeSuite suite, IkeKeys keys) {}

        @Override
        public void child(ChildSaKeys keys, InetAddress local, InetAddress remote) {}
      };

  void ike(long spiInitiator, long spiResponder, IkeSuite suite, IkeKeys keys);

  void child(ChildSaKeys keys, InetAddress local, InetAddress remote);
}
