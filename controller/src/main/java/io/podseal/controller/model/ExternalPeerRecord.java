package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.ExternalPeerSpec;
import org.jspecify.annotations.Nullable;

/** An ExternalPeer without its status. */
public record ExternalPeerRecord(Subject subject, @Nullable ExternalPeerSpec spec) {}
