package io.podseal.e2e.strongswan;

import io.podseal.e2e.lab.Command;
import java.net.InetAddress;
import java.nio.file.Path;

/** Where a strongSwan runs: a network namespace of this kernel, or a guest with its own. */
public interface PeerHost extends AutoCloseable {
  /** Returns its own address. */
  InetAddress address();

  /** Returns how a program here names {@code file} of this machine. */
  String seen(Path file);

  /** Runs a program of this machine's to its end, with the usual limit. */
  Command.Result run(String... line);

  /** Runs a program of this machine's, whose failure is an error. */
  default void must(String... line) {
    run(line).must();
  }

  /** Leaves a program of this machine's running; what it says goes to {@code log}. */
  void start(String name, Path log, String... line);

  /** Ends what {@link #start} started, without letting it say goodbye. */
  void kill(String name);

  @Override
  void close();
}
