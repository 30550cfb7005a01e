package io.podseal.protocol.sim;

import io.podseal.protocol.ike.KeyLog;
import io.podseal.protocol.keymat.IkeKeys;
import io.podseal.protocol.policy.ChildSaKeys;
import io.podseal.protocol.policy.IkeSuite;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The keys of a host's SAs, for tests that write or read protected messages themselves. */
final class Keys implements KeyLog {
  /**
   * @param live the host's own objects, to see whether they die
   * @param copy what they hold, which outlives the SA
   */
  record IkeSaKeys(
      long spiInitiator, long spiResponder, IkeSuite suite, IkeKeys live, IkeKeys copy) {}

  final List<IkeSaKeys> ike = new ArrayList<>();

  /** Key material of child SAs, one direction each. */
  final List<byte[]> children = new ArrayList<>();

  IkeSaKeys last() {
    return ike.getLast();
  }

  @Override
  public void ike(long spiInitiator, long spiResponder, IkeSuite suite, IkeKeys keys) {
    IkeKeys copy =
        new IkeKeys(
            keys.skD().copy(),
            keys.skAi().copy(),
            keys.skAr().copy(),
            keys.skEi().copy(),
            keys.skEr().copy(),
            keys.skPi().copy(),
            keys.skPr().copy());
    ike.add(new IkeSaKeys(spiInitiator, spiResponder, suite, keys, copy));
  }

  @Override
  public void child(ChildSaKeys keys, InetAddress local, InetAddress remote) {
    children.add(keys.inbound().use(byte[]::clone));
    children.add(keys.outbound().use(byte[]::clone));
  }
}
