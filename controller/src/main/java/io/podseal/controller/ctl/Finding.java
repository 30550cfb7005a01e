package io.podseal.controller.ctl;

/**
 * One line of {@code podsealctl check}.
 *
 * @param next what to do about it; empty if nothing is to be done
 */
record Finding(Level level, String text, String next) {
  /** How bad it is. */
  enum Level {
    FINE("ok  "),
    NOTE("note"),
    UNSEEN("?   "),
    WRONG("FAIL");

    private final String mark;

    Level(String mark) {
      this.mark = mark;
    }
  }

  static Finding fine(String text) {
    return new Finding(Level.FINE, text, "");
  }

  static Finding note(String text, String next) {
    return new Finding(Level.NOTE, text, next);
  }

  /** What could not be looked at. */
  static Finding unseen(String text, String next) {
    return new Finding(Level.UNSEEN, text, next);
  }

  static Finding wrong(String text, String next) {
    return new Finding(Level.WRONG, text, next);
  }

  /** For the terminal. */
  String display() {
    return next.isEmpty()
        ? level.mark + "  " + text
        : level.mark
            + "  "
            + text
            + System.lineSeparator()
            + "      "
            + next.replace("\n", "\n      ");
  }
}
