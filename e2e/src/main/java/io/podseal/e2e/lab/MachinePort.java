package io.podseal.e2e.lab;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/**
 * Where a virtual machine is connected.
 *
 * @param under what starts a program where the TAP device is; may be empty
 * @param tap the device
 * @param address for the machine, in a /24
 * @param gateway of the machine, if it needs one
 */
public record MachinePort(
    List<String> under, String tap, InetAddress address, Optional<InetAddress> gateway) {
  public MachinePort {
    under = List.copyOf(under);
  }
}
