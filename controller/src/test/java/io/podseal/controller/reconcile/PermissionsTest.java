package io.podseal.controller.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.mockwebserver.dsl.TimesOnceableOrHttpHeaderable;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PermissionsTest {
  /** The chart as it is rendered into namespace sealed, which ChartTest keeps true. */
  private static final Path CHART = Path.of("src/test/golden/chart/defaults.yaml");

  @Test
  void whatIsAskedForAtTheStartIsExactlyWhatTheChartGrants() throws IOException {
    var asked = new TreeSet<String>();
    for (var wanted : Permissions.wanted("sealed")) {
      assertThat(wanted.purpose()).isNotBlank();
      assertThat(
              asked.add(
                  line(
                      wanted.namespace(),
                      wanted.group(),
                      wanted.resource(),
                      wanted.verb(),
                      wanted.name())))
          .as("asked once: %s", wanted)
          .isTrue();
    }

    assertThat(asked).hasSizeGreaterThan(40).isEqualTo(granted());
  }

  @Test
  void whatWasFoundMissingIsSaidAlthoughALaterQuestionFails() {
    var wanted = Permissions.wanted("sealed");
    var server = new KubernetesMockServer(false);
    server.init();
    try (var client = server.createClient()) {
      answer(server, HttpURLConnection.HTTP_CREATED, false).once();
      answer(server, HttpURLConnection.HTTP_CREATED, true).once();
      answer(server, HttpURLConnection.HTTP_CREATED, false).once();
      answer(server, HttpURLConnection.HTTP_FORBIDDEN, false).always();

      assertThat(Permissions.review(client, "sealed"))
          .satisfiesExactly(
              line -> assertThat(line).startsWith(missing(wanted.get(0))),
              line -> assertThat(line).startsWith(missing(wanted.get(2))));
      assertThat(server.getRequestCount()).as("nothing is asked after that").isEqualTo(4);
    } finally {
      server.destroy();
    }
  }

  private static TimesOnceableOrHttpHeaderable<?> answer(
      KubernetesMockServer server, int code, boolean allowed) {
    return server
        .expect()
        .post()
        .withPath("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .andReturn(
            code,
            new SelfSubjectAccessReviewBuilder()
                .withNewStatus()
                .withAllowed(allowed)
                .endStatus()
                .build());
  }

  private static String missing(Permissions.Wanted wanted) {
    return "missing permission: " + wanted.verb() + " " + wanted.resource();
  }

  private static Set<String> granted() throws IOException {
    var granted = new TreeSet<String>();
    var yaml = new KubernetesSerialization();
    for (var document : Files.readString(CHART).split("(?m)^---$", -1)) {
      if (document.contains("\nkind: ClusterRole\n")) {
        var role = yaml.unmarshal(document, ClusterRole.class);
        if (role.getMetadata().getName().equals("podseal-controller")) {
          role.getRules().forEach(rule -> lines("", rule).forEach(granted::add));
        }
      } else if (document.contains("\nkind: Role\n")) {
        var role = yaml.unmarshal(document, Role.class);
        if (role.getMetadata().getName().equals("podseal-controller")) {
          var namespace = role.getMetadata().getNamespace();
          role.getRules().forEach(rule -> lines(namespace, rule).forEach(granted::add));
        }
      }
    }
    return granted;
  }

  private static Stream<String> lines(String namespace, PolicyRule rule) {
    var names = rule.getResourceNames().isEmpty() ? List.of("") : rule.getResourceNames();
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .flatMap(resource ->
                    rule.getVerbs().stream()
                        .flatMap(verb ->
                            names.stream()
                                .map(name -> line(namespace, group, resource, verb, name)))));
  }

  private static String line(
      String namespace, String group, String resource, String verb, String name) {
    return String.join(" | ", namespace, group, resource, verb, name);
  }
}
