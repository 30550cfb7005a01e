package io.podseal.protocol.ike.endpoint;

import io.podseal.protocol.ike.IkeSa;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The next deadline of many IKE SAs, in O(log n); SAs with equal deadlines in order of arming. */
final class DeadlineQueue {
  private record Entry(Instant at, long order, IkeSa sa) {}

  private final TreeSet<Entry> entries =
      new TreeSet<>(Comparator.comparing(Entry::at).thenComparingLong(Entry::order));
  private final Map<IkeSa, Entry> bySa = new HashMap<>();
  private long order;

  void arm(IkeSa sa) {
    Optional<Instant> deadline = sa.deadline();
    Entry old = bySa.get(sa);
    if (old != null) {
      if (deadline.filter(old.at()::equals).isPresent()) {
        return;
      }
      disarm(sa);
    }
    if (deadline.isPresent()) {
      Entry entry = new Entry(deadline.get(), order++, sa);
      entries.add(entry);
      bySa.put(sa, entry);
    }
  }

  void disarm(IkeSa sa) {
    Entry old = bySa.remove(sa);
    if (old != null) {
      entries.remove(old);
    }
  }

  Optional<Instant> next() {
    return entries.isEmpty() ? Optional.empty() : Optional.of(entries.first().at());
  }

  /** Takes out the SA that has been due for longest; null if none is. */
  @Nullable IkeSa takeDue(Instant now) {
    if (entries.isEmpty() || entries.first().at().isAfter(now)) {
      return null;
    }
    IkeSa sa = entries.first().sa();
    disarm(sa);
    return sa;
  }
}
