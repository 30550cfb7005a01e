package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import org.jspecify.annotations.Nullable;

/** A CryptoProfile as it was written. */
public record ProfileRecord(String namespace, String name, @Nullable CryptoProfileSpec spec) {}
