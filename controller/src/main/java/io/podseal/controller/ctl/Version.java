package io.podseal.controller.ctl;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** The version of this build, from the jar's manifest. */
final class Version implements IVersionProvider {
  /** As the images of this build are tagged. */
  static String current() {
    return Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
        .orElse("latest");
  }

  @Override
  public String[] getVersion() {
    return new String[] {"podsealctl " + current()};
  }
}
