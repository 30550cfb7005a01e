package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Every test of IKEv2 exchanges in strongSwan's unit tests (src/libcharon/tests/suites, 69 in 7
 * files) has a namesake here, or a reason why there is nothing to do.
 */
class StrongSwanSuitesTest {
  private record Suite(List<Class<?>> ours, String names) {
    Suite(Class<?> ours, String names) {
      this(List.of(ours), names);
    }

    Set<String> tests() {
      return new TreeSet<>(List.of(names.strip().split("\\s+")));
    }
  }

  private static final Suite CHILD_REKEY =
      new Suite(
          List.of(
              ChildRekeyScenariosTest.class,
              ChildRekeyCollisionScenariosTest.class,
              ProtectedRekeySimTest.class),
          """
          regular regular_multi_ke regular_ke_invalid regular_ke_invalid_multi_ke
          regular_responder_ignore_soft_expire regular_responder_handle_hard_expire
          regular_responder_delete regular_responder_lost_sa regular_responder_incorrect_delete
          regular_delete_timeout
          collision collision_multi_ke collision_mixed collision_delayed_response
          collision_delayed_response_delete collision_delayed_response_multi_ke
          collision_delayed_request collision_delayed_request_more
          collision_delayed_request_more_delete collision_delayed_request_multi_ke
          collision_ke_invalid collision_ke_invalid_delayed_retry
          collision_responder_incorrect_delete collision_delete collision_delete_multi_ke
          collision_delete_drop_delete collision_delete_drop_rekey
          collision_delete_delayed_response collision_ike_rekey collision_ike_delete
          """);

  private static final Suite IKE_REKEY =
      new Suite(
          IkeRekeyScenariosTest.class,
          """
          regular regular_multi_ke regular_ke_invalid regular_ke_invalid_multi_ke
          collision collision_multi_ke collision_mixed collision_ke_invalid
          collision_ke_invalid_delayed_retry collision_delayed_response
          collision_delayed_response_multi_ke collision_dropped_request collision_delayed_request
          collision_delayed_request_and_delete collision_delayed_request_multi_ke
          collision_delete collision_delete_multi_ke collision_delete_drop_delete
          """);

  private static final Suite CHILD_DELETE =
      new Suite(
          DeleteAndCreateScenariosTest.ChildDelete.class,
          "regular collision collision_drop collision_ike_rekey collision_ike_delete");

  private static final Suite IKE_DELETE =
      new Suite(DeleteAndCreateScenariosTest.IkeDelete.class, "regular collision");

  private static final Suite CHILD_CREATE =
      new Suite(
          DeleteAndCreateScenariosTest.ChildCreate.class, "duplicate collision_ike_rekey multi_ke");

  private static final Suite CHILDLESS =
      new Suite(ChildlessScenariosTest.class, "regular regular_manual failure_init failure_resp");

  private static final Suite IKE_MID_SYNC =
      new Suite(
          IkeMidSyncScenariosTest.class,
          "responder retransmit replay disabled sender_too_low recv_update active");

  private static final List<Suite> SUITES =
      List.of(
          CHILD_REKEY, IKE_REKEY, CHILD_DELETE, IKE_DELETE, CHILD_CREATE, CHILDLESS, IKE_MID_SYNC);

  private static final String NO_CLUSTER =
      "begins with an end that has announced RFC 6311, which a pod never does: nobody takes over"
          + " its SAs, and whoever asks all the same moves nothing (disabled)";

  private static final Map<Suite, Map<String, String>> NOTHING_TO_DO =
      Map.of(
          IKE_MID_SYNC,
          Map.of(
              "responder", NO_CLUSTER,
              "retransmit", NO_CLUSTER,
              "replay", NO_CLUSTER,
              "recv_update", NO_CLUSTER,
              "active", NO_CLUSTER));

  @Test
  void everyTestHasANamesakeOrAReason() {
    for (Suite suite : SUITES) {
      Set<String> expected = suite.tests();
      expected.removeAll(NOTHING_TO_DO.getOrDefault(suite, Map.of()).keySet());
      assertThat(testsOf(suite.ours())).as(suite.ours().toString()).containsAll(expected);
    }
  }

  @Test
  void noReasonIsGivenForWhatIsTestedOrDoesNotExist() {
    NOTHING_TO_DO.forEach((suite, reasons) -> {
      assertThat(suite.tests()).containsAll(reasons.keySet());
      assertThat(testsOf(suite.ours())).doesNotContainAnyElementsOf(reasons.keySet());
      assertThat(reasons.values()).doesNotContain("");
    });
  }

  @Test
  void theSuitesAreWhole() {
    assertThat(SUITES.stream().map(s -> s.tests().size())).containsExactly(30, 18, 5, 2, 3, 4, 7);
  }

  private static Set<String> testsOf(List<Class<?>> types) {
    Set<String> names = new TreeSet<>();
    types.stream()
        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
        .filter(m ->
            m.isAnnotationPresent(Test.class) || m.isAnnotationPresent(ParameterizedTest.class))
        .map(Method::getName)
        .forEach(names::add);
    return names;
  }
}
