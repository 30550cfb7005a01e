package io.podseal.e2e.strongswan;

import java.nio.file.Path;
import java.util.Locale;

/** A Debian suite whose strongSwan is a peer, in the order of their versions. */
public enum Edition {
  BOOKWORM,
  TRIXIE,
  SID;

  /** Returns the name of the suite. */
  public String suite() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the root in which the suite's packages are unpacked. */
  public Path root() {
    return Toolbox.peers().resolve(suite());
  }

  /** Returns the version of the package, such as {@code 5.9.8-5+deb12u1}. */
  public String version() {
    return Toolbox.version(root(), "libstrongswan");
  }
}
