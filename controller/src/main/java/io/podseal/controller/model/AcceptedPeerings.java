package io.podseal.controller.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last accepted form of each peering, carried from one pass to the next.
 *
 * <p>An edit that makes a peering invalid must not open what it sealed, so its last accepted form
 * stays in force. Opaque and immutable.
 */
public final class AcceptedPeerings {
  /** What a controller knows when it starts. */
  public static final AcceptedPeerings NONE = new AcceptedPeerings(Map.of());

  private final Map<String, CompiledPeering> byUid;

  AcceptedPeerings(Map<String, CompiledPeering> byUid) {
    this.byUid = Map.copyOf(byUid);
  }

  @Nullable CompiledPeering of(PeeringRecord peering) {
    return byUid.get(peering.uid());
  }
}
