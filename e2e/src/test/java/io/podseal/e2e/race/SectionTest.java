package io.podseal.e2e.race;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SectionTest {
  @Test
  void isPutAtTheEndOfAPageThatHasNone() {
    assertThat(Section.replaced("# Page\n\n## One\n\nold\n", "Two", "new\n"))
        .isEqualTo("# Page\n\n## One\n\nold\n\n## Two\n\nnew\n");
  }

  @Test
  void isReplacedWhereItIsAndNothingElseChanges() {
    assertThat(Section.replaced("# Page\n\n## One\n\nold\n\n## Two\n\nkept\n", "One", "new"))
        .isEqualTo("# Page\n\n## One\n\nnew\n\n## Two\n\nkept\n");
    assertThat(Section.replaced("## One\n\nkept\n\n## Two\n\nold\n", "Two", "new\n"))
        .isEqualTo("## One\n\nkept\n\n## Two\n\nnew\n");
  }
}
