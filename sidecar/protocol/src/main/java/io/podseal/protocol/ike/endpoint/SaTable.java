package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.IkeSa;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Every IKE SA by its SPI, by its children's SPIs, and by its next deadline. */
final class SaTable {
  private final Map<Long, IkeSa> byLocalSpi = new HashMap<>();
  private final Map<Integer, IkeSa> byChild = new HashMap<>();
  private final Map<IkeSa, List<Integer>> childrenOf = new HashMap<>();
  private final DeadlineQueue deadlines = new DeadlineQueue();

  void add(IkeSa sa) {
    byLocalSpi.put(sa.localSpi(), sa);
    deadlines.arm(sa);
  }

  /** Takes over what an input may have changed. */
  void refresh(IkeSa sa) {
    List<Integer> spis = sa.inboundSpis();
    List<Integer> known = childrenOf.getOrDefault(sa, List.of());
    if (!spis.equals(known)) {
      known.forEach(spi -> byChild.remove(spi, sa));
      spis.forEach(spi -> byChild.put(spi, sa));
      childrenOf.put(sa, spis);
    }
    deadlines.arm(sa);
  }

  void remove(IkeSa sa) {
    deadlines.disarm(sa);
    byLocalSpi.remove(sa.localSpi());
    List<Integer> spis = childrenOf.remove(sa);
    if (spis != null) {
      spis.forEach(spi -> byChild.remove(spi, sa));
    }
  }

  /** By the SPI that we chose: no other says which SA a message belongs to (RFC 7296 §2.6). */
  @Nullable IkeSa bySpi(long localSpi) {
    return byLocalSpi.get(localSpi);
  }

  @Nullable IkeSa byChild(int inboundSpi) {
    return byChild.get(inboundSpi);
  }

  int size() {
    return byLocalSpi.size();
  }

  Collection<IkeSa> all() {
    return List.copyOf(byLocalSpi.values());
  }

  Optional<Instant> nextDeadline() {
    return deadlines.next();
  }

  /** An SA that is due, which {@link #refresh} or {@link #remove} must follow; null for none. */
  @Nullable IkeSa takeDue(Instant now) {
    return deadlines.takeDue(now);
  }
}
