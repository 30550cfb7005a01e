package io.podseal.controller.keys;

/** Learns that master keys had to be replaced; called on the thread that replaced them. */
@FunctionalInterface
public interface KeyLossListener {
  /**
   * A new master key of {@code newEpoch} is in force because older ones are gone.
   *
   * @param why for the operator, in one sentence
   */
  void replaced(int newEpoch, String why);
}
