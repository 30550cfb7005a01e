package io.podseal.controller.obs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.controller.AuditLines;
import io.podseal.controller.CapturedLog;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AuditLogTest {
  private static final String UID = "0d9b9b4e-2f0c-4b5e-9a53-3c4d1f6a7b80";

  private final CapturedLog log = CapturedLog.of("audit");
  private final AuditLog audit = new AuditLog();

  @AfterEach
  void leave() {
    log.close();
  }

  /** A line of a thousand ids would be cut somewhere on its way to whoever keeps it. */
  @Test
  void manyKeysAreSeveralLinesOfWhichEachCountsItsOwn() {
    var ids = IntStream.range(0, 130).mapToObj("%012x"::formatted).toList();

    audit.keysIssued(who("shop/orders", "default"), "shop/orders-to-all", 7, ids);

    var issued = AuditLines.in(String.join("\n", log.lines()), AuditLines.ISSUED);
    assertThat(issued).extracting(line -> line.group("keys")).containsExactly("64", "64", "2");
    assertThat(issued).allSatisfy(line -> assertThat(line.group("epoch")).isEqualTo("7"));
    assertThat(issued.stream().flatMap(line -> List.of(line.group("ids").split(",")).stream()))
        .containsExactlyElementsOf(ids);
  }

  @Test
  void textOfOthersStaysInOneLineOfBoundedLength() {
    audit.streamOpened(who("shop/orders", "default"), "1\nWARN [audit] forged", "x".repeat(10_000));

    assertThat(log.lines()).singleElement().asString().doesNotContain("\n").hasSizeLessThan(2_000);
  }

  private static AuditLog.Who who(String pod, String account) {
    return new AuditLog.Who(pod, UID, account, "node1");
  }
}
