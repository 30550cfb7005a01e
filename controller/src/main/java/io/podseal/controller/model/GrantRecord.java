package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.PeeringGrantSpec;
import org.jspecify.annotations.Nullable;

/** A PeeringGrant without its status. */
public record GrantRecord(Subject subject, @Nullable PeeringGrantSpec spec) {}
