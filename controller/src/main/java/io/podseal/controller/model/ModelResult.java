package io.podseal.controller.model;

import java.util.List;

/**
 * What one pass of the model yields.
 *
 * @param verdicts one for each peering, the oldest first
 * @param reports what the statuses of all other objects should say
 * @param accepted to be handed to the next pass
 */
public record ModelResult(
    PeerGraph graph,
    List<Verdict> verdicts,
    List<ObjectReport> reports,
    AcceptedPeerings accepted) {}
