package io.podseal.controller.obs;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.controller.AuditLines;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AuditLogTest {
  private static final String UID = "0d9b9b4e-2f0c-4b5e-9a53-3c4d1f6a7b80";

  private final PatternFormatter formatter = new PatternFormatter("%p %c %s%e");
  private final Logger logger = Logger.getLogger("audit");
  private final List<String> lines = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          lines.add(formatter.format(ExtLogRecord.wrap(record)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private final AuditLog audit = new AuditLog();

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void leave() {
    logger.removeHandler(handler);
  }

  /** A line of a thousand ids would be cut somewhere on its way to whoever keeps it. */
  @Test
  void manyKeysAreSeveralLinesOfWhichEachCountsItsOwn() {
    var ids = IntStream.range(0, 130).mapToObj("%012x"::formatted).toList();

    audit.keysIssued(who("shop/orders", "default"), "shop/orders-to-all", 7, ids);

    var issued = AuditLines.in(String.join("\n", lines), AuditLines.ISSUED);
    assertThat(issued).extracting(line -> line.group("keys")).containsExactly("64", "64", "2");
    assertThat(issued).allSatisfy(line -> assertThat(line.group("epoch")).isEqualTo("7"));
    assertThat(issued.stream().flatMap(line -> List.of(line.group("ids").split(",")).stream()))
        .containsExactlyElementsOf(ids);
  }

  @Test
  void textOfOthersStaysInOneLineOfBoundedLength() {
    audit.streamOpened(who("shop/orders", "default"), "1\nWARN [audit] forged", "x".repeat(10_000));

    assertThat(lines).singleElement().asString().doesNotContain("\n").hasSizeLessThan(2_000);
  }

  private static AuditLog.Who who(String pod, String account) {
    return new AuditLog.Who(pod, UID, account, "node1");
  }
}
