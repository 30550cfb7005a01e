package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import org.jspecify.annotations.Nullable;

/** A CryptoProfile as it was written. */
public record ProfileRecord(Subject subject, @Nullable CryptoProfileSpec spec) {
  String key() {
    return subject.namespace() + "/" + subject.name();
  }
}
