package io.podseal.e2e.race;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A section of a Markdown page, which one program writes while another writes the rest. */
final class Section {
  private Section() {}

  /** Writes the section {@code title} of {@code file} anew, or at its end if it has none. */
  static void replace(Path file, String title, String body) {
    try {
      Files.writeString(file, replaced(Files.readString(file), title, body));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String replaced(String page, String title, String body) {
    String section = "## " + title + "\n\n" + body.strip() + "\n";
    Matcher old =
        Pattern.compile("(?ms)^## " + Pattern.quote(title) + "\n.*?(?=^## |\\z)").matcher(page);
    if (!old.find()) {
      return page.stripTrailing() + "\n\n" + section;
    }
    String rest = page.substring(old.end());
    return page.substring(0, old.start()) + section + (rest.isEmpty() ? "" : "\n" + rest);
  }
}
