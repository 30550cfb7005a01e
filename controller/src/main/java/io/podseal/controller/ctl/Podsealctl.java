package io.podseal.controller.ctl;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code podsealctl}: only its subcommands do something. */
@Command(
    name = "podsealctl",
    description = "Looks after Podseal from the command line.",
    mixinStandardHelpOptions = true,
    subcommands = Cleanup.class)
public final class Podsealctl {
  private Podsealctl() {}

  /** Runs one subcommand and exits with its code. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Podsealctl()).execute(arguments));
  }
}
