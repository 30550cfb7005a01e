package io.podseal.controller.model;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which addresses more than one live pod holds.
 *
 * <p>It happens for a moment when a node gives an address to a new pod before the API shows the old
 * one as gone. Such an address proves no identity, so nobody is told a key for its holders and
 * their links are shut until the API is unambiguous again.
 */
final class Addresses {
  private final Set<String> contested = new HashSet<>();

  Addresses(Collection<PodRecord> pods) {
    var held = new HashSet<String>();
    for (var pod : pods) {
      if (pod.sealable()) {
        for (var address : new HashSet<>(pod.addresses())) {
          if (!held.add(address)) {
            contested.add(address);
          }
        }
      }
    }
  }

  boolean contested(PodRecord pod) {
    return !contested.isEmpty() && pod.addresses().stream().anyMatch(contested::contains);
  }
}
