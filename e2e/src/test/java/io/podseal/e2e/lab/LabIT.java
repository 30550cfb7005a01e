package io.podseal.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("netns")
class LabIT {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(ReversePathFilter.class)
  void podsReachEachOtherDirectlyAndThroughTheGateway(ReversePathFilter filter) {
    try (Lab lab = Lab.open()) {
      Pod near = lab.pod("near", 11, filter);
      Pod next = lab.pod("next", 12, filter);
      Pod routed = lab.podBehindGateway("routed", 13, filter);
      Pod far = lab.podBehindGateway("far", 14, filter);

      for (Pod target : new Pod[] {next, routed}) {
        ping(near, target.ip());
        ping(target, near.ip());
      }
      ping(routed, far.ip());
      ping(routed, lab.node());
      assertThat(near.run("sysctl", "-n", "net.ipv4.conf.eth0.rp_filter").must().strip())
          .isEqualTo(Integer.toString(filter.value()));
      JsonNode route = routed.ip("route", "get", near.ip()).get(0);
      assertThat(route.get("gateway").asText()).isEqualTo(Lab.GATEWAY);
    }
  }

  @Test
  void closingRemovesEverythingItMadeAndNothingElse() {
    String before = inventory();
    try (Lab other = Lab.open()) {
      Pod kept = other.pod("kept", 11, ReversePathFilter.OFF);
      try (Lab lab = Lab.open()) {
        Pod gone = lab.pod("gone", 11, ReversePathFilter.OFF);
        assertThat(gone.ip()).isNotEqualTo(kept.ip());
        lab.remove(gone);
        ping(lab.pod("again", 11, ReversePathFilter.OFF), lab.node());
      }
      ping(kept, other.node());
    }
    assertThat(inventory()).isEqualTo(before);
  }

  @Test
  void aProgramInAPodIsKilledByItsOwnProcessId() {
    try (Lab lab = Lab.open()) {
      Pod pod = lab.pod("pod", 11, ReversePathFilter.OFF);
      Background sleeper =
          pod.start("sleeper", Map.of(), folder.resolve("sleeper.log"), "sleep", "1000");
      assertThat(
              Command.of("cat", "/proc/" + sleeper.pid() + "/comm").within(Duration.ofSeconds(1)))
          .satisfies(command ->
              org.awaitility.Awaitility.await()
                  .untilAsserted(() -> assertThat(command.must().strip()).isEqualTo("sleep")));

      sleeper.kill();

      assertThat(sleeper.running()).isFalse();
    }
  }

  @Test
  void aProgramThatTakesTooLongIsKilledAndSaysSo() {
    Command.Result result = Command.of("sleep", "1000").within(Duration.ofMillis(100)).run();

    assertThat(result.exit()).isEqualTo(Command.TIMED_OUT);
    assertThatThrownBy(result::must).hasMessageContaining("sleep 1000: not done after PT0.1S");
  }

  private static void ping(Pod from, String to) {
    assertThat(from.run("ping", "-c", "1", "-W", "5", to).ok())
        .as("%s reaches %s", from.name(), to)
        .isTrue();
  }

  private static String inventory() {
    return Command.of("ip", "-o", "link").must() + Command.of("ip", "netns").must();
  }
}
