package io.podseal.controller.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InjectorTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Path FILES = Path.of("src/test/resources/inject");
  private static final SidecarTemplate TEMPLATE =
      SidecarTemplate.of(
          "podseal-controller.podseal-system.svc:9443",
          "podseal/sidecar:1",
          "IfNotPresent",
          "info",
          "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"96Mi\"},\"limits\":{\"memory\":\"256Mi\"}}");

  private final Injector injector = new Injector(TEMPLATE, "podseal-system");

  /** Regenerate with -Dpodseal.golden=write. */
  @Test
  void aPodGetsItsSidecarFirstAndKeepsWhatNobodyHereKnows() throws IOException {
    var after = injected(pod("web.json")).after();

    var golden = FILES.resolve("web.injected.json");
    if ("write".equals(System.getProperty("podseal.golden"))) {
      Files.writeString(golden, after.toPrettyString() + "\n");
    }
    assertThat(after).isEqualTo(JSON.readTree(golden.toFile()));
    assertThat(names(after)).containsExactly("podseal", "migrate", "agent");
    assertThat(after.at("/spec/newSchedulingThing/deep/1").isNull()).isTrue();
  }

  @Test
  void thePatchLeadsFromThePodAsItCameToTheSealedOne() {
    var pod = pod("web.json");
    var injected = injected(pod);

    assertThat(pod).isEqualTo(pod("web.json"));
    assertThat(JsonPatch.apply(injected.patch(), pod)).isEqualTo(injected.after());
    for (var operation : injected.patch()) {
      assertThat(operation.path("op").asText()).isIn("add", "replace", "remove");
    }
  }

  @Test
  void aPodThatHasItsSidecarIsLeftAlone() {
    var once = injected(pod("web.json")).after();

    assertThat(injected(once).patch()).isEmpty();
  }

  @Test
  void aContainerThatAnotherWebhookPutInFrontComesSecond() {
    var pod = injected(pod("web.json")).after();
    ((ArrayNode) pod.at("/spec/initContainers"))
        .insert(0, JSON.createObjectNode().put("name", "mesh").put("image", "mesh:1"));

    var again = injected(pod);

    assertThat(names(again.after())).containsExactly("podseal", "mesh", "migrate", "agent");
  }

  @Test
  void aSidecarThatWasAlteredIsRestoredThoughItsAnnotationIsRight() {
    var right = injected(pod("web.json")).after();
    for (var spoil :
        List.<java.util.function.Consumer<ObjectNode>>of(
            sidecar -> sidecar.put("image", "evil:1"),
            sidecar -> sidecar.putArray("command").add("sleep"),
            sidecar -> sidecar.remove("securityContext"),
            sidecar -> sidecar.remove("startupProbe"),
            sidecar -> ((ArrayNode) sidecar.path("env")).remove(0),
            sidecar -> ((ArrayNode) sidecar.path("volumeMounts")).remove(1))) {
      var spoilt = right.deepCopy();
      spoil.accept((ObjectNode) spoilt.at("/spec/initContainers/0"));
      assertThat(spoilt).isNotEqualTo(right);

      assertThat(injected(spoilt).after()).isEqualTo(right);
    }
    var otherVolume = right.deepCopy();
    ((ObjectNode) otherVolume.at("/spec/volumes/1/projected/sources/0/serviceAccountToken"))
        .put("audience", "vault");
    assertThat(injected(otherVolume).after()).isEqualTo(right);
  }

  @Test
  void aProbeThatAnotherWebhookPutBackGoesThroughTheSidecarAgain() {
    var right = injected(pod("web.json")).after();
    var spoilt = right.deepCopy();
    ((ObjectNode) spoilt.at("/spec/containers/0"))
        .set("readinessProbe", pod("web.json").at("/spec/containers/0/readinessProbe"));

    assertThat(injected(spoilt).after()).isEqualTo(right);
  }

  @Test
  void whatALimitRangeAddedToTheSidecarStays() {
    var pod = injected(pod("web.json")).after();
    ((ObjectNode) pod.at("/spec/initContainers/0/resources/limits")).put("cpu", "2");

    assertThat(injected(pod).patch()).isEmpty();
  }

  @Test
  void annotationsChangeLogLevelAndResources() {
    var pod = smallest();
    annotate(pod, "podseal.io/log-level", "debug");
    annotate(pod, "podseal.io/sidecar-resources", "{\"limits\":{\"memory\":\"1Gi\"}}");

    var sidecar = injected(pod).after().at("/spec/initContainers/0");

    assertThat(sidecar.at("/env/1/value").asText()).isEqualTo("debug");
    assertThat(sidecar.path("resources")).hasToString("{\"limits\":{\"memory\":\"1Gi\"}}");
  }

  @Test
  void quantitiesThatAnAnnotationWritesAsNumbersAreInjectedAsText() {
    var pod = smallest();
    annotate(pod, "podseal.io/sidecar-resources", "{\"limits\":{\"cpu\":1,\"memory\":268435456}}");

    assertThat(injected(pod).after().at("/spec/initContainers/0/resources"))
        .hasToString("{\"limits\":{\"cpu\":\"1\",\"memory\":\"268435456\"}}");
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    var pod = smallest();
    annotate(pod, "podseal.io/log-level", "loud");
    annotate(pod, "podseal.io/sidecar-resources", "{\"limits\":{\"memory\":\"much\"}}");
    annotate(pod, "podseal.io/log-levle", "debug");
    ((ObjectNode) pod.at("/spec/containers/0")).put("name", "podseal");
    object(object(pod, "metadata"), "labels").put("podseal.io/inject", "ture");

    assertThat(((Injection.Refused) injector.inject(pod, "shop")).problems())
        .hasSize(5)
        .anySatisfy(problem -> assertThat(problem).contains("'loud' is none of [error, warn"))
        .anySatisfy(problem -> assertThat(problem).contains("memory is not a quantity"))
        .anySatisfy(problem -> assertThat(problem).contains("log-levle is unknown"))
        .anySatisfy(problem -> assertThat(problem).contains("container name 'podseal'"))
        .anySatisfy(problem -> assertThat(problem).contains("'ture' is neither true nor false"));
  }

  @Test
  void aPortNameThatNobodyDeclaresAndAVolumeOfOursAreRefused() {
    var pod = smallest();
    var container = (ObjectNode) pod.at("/spec/containers/0");
    container.putObject("livenessProbe").putObject("httpGet").put("port", "web");
    assertThat(((Injection.Refused) injector.inject(pod, "shop")).message())
        .contains("app/livenessProbe", "'web'");

    container.remove("livenessProbe");
    container.putArray("volumeMounts").addObject().put("name", "podseal-token");
    assertThat(((Injection.Refused) injector.inject(pod, "shop")).message())
        .contains("podseal-token");
  }

  /** A copied manifest whose annotation was lost: the application would never be asked. */
  @Test
  void aProbeOfTheSidecarWithoutItsOriginalIsRefused() {
    var pod = injected(pod("web.json")).after();
    ((ObjectNode) pod.at("/metadata/annotations")).remove("podseal.io/original-probes");

    assertThat(((Injection.Refused) injector.inject(pod, "shop")).message())
        .contains("original-probes", "readinessProbe of container web");
  }

  @Test
  void podsThatCannotOrMustNotBeSealedAreSkippedForANamedReason() {
    assertSkipped(SkipReason.RESERVED_NAMESPACE, smallest(), "kube-system");
    assertSkipped(SkipReason.RESERVED_NAMESPACE, smallest(), "kube-node-lease");
    assertSkipped(SkipReason.RESERVED_NAMESPACE, smallest(), "podseal-system");
    var host = smallest();
    ((ObjectNode) host.path("spec")).put("hostNetwork", true);
    assertSkipped(SkipReason.HOST_NETWORK, host, "shop");
    var windows = smallest();
    ((ObjectNode) windows.path("spec")).putObject("os").put("name", "windows");
    assertSkipped(SkipReason.WINDOWS, windows, "shop");
    var out = smallest();
    object(object(out, "metadata"), "labels").put("podseal.io/inject", "false");
    assertSkipped(SkipReason.OPTED_OUT, out, "shop");
    var mirror = smallest();
    annotate(mirror, "kubernetes.io/config.mirror", "x");
    assertSkipped(SkipReason.STATIC_POD, mirror, "shop");
  }

  /** It would be replaced without a word. */
  @Test
  void anInitContainerOfTheUserWithOurNameIsRefused() {
    var pod = smallest();
    ((ObjectNode) pod.path("spec")).putArray("initContainers").addObject().put("name", "podseal");

    assertThat(((Injection.Refused) injector.inject(pod, "shop")).message())
        .contains("init container name 'podseal'", "choose another");
  }

  /** As kubectl debug --copy-to makes it. */
  @Test
  void aCopyOfAnInjectedPodThatLostItsAnnotationsIsInjected() {
    var copy = ((Injection.Injected) injector.inject(smallest(), "shop")).after();
    ((ObjectNode) copy.path("metadata")).remove("annotations");

    assertThat(injector.inject(copy, "shop")).isInstanceOf(Injection.Injected.class);
  }

  @Test
  void aPodThatCannotFindTheControllerIsWarnedOf() {
    var pod = smallest();
    assertThat(Injector.warnings(pod)).isEmpty();
    ((ObjectNode) pod.path("spec")).put("dnsPolicy", "ClusterFirst");
    assertThat(Injector.warnings(pod)).isEmpty();
    ((ObjectNode) pod.path("spec")).put("dnsPolicy", "Default");
    assertThat(Injector.warnings(pod))
        .singleElement()
        .asString()
        .contains("NoClusterDns", "use ClusterFirst");
  }

  @Test
  void aNamespaceThatForbidsTheSidecarIsWarnedOf() {
    assertThat(Injector.warnings("shop", Map.of())).isEmpty();
    assertThat(Injector.warnings("shop", Map.of("pod-security.kubernetes.io/enforce", "baseline")))
        .singleElement()
        .asString()
        .contains("PodSecurityForbids", "'baseline'", "kubectl label --overwrite namespace shop");
  }

  @Test
  void badResourcesOfTheChartStopTheController() {
    assertThatThrownBy(() -> SidecarTemplate.of("c:1", "i", "Never", "info", "{\"cpu\":\"1\"}"))
        .hasMessageContaining("'cpu' is not requests or limits");
    assertThatThrownBy(() -> SidecarTemplate.of("c:1", "i", "Never", "info", "{"))
        .hasMessageContaining("not JSON");
  }

  @Test
  void noTreeWhateverItsShapeMakesItThrow() {
    var random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      var pod = pod("web.json");
      for (int j = 0; j <= random.nextInt(4); j++) {
        mutate(pod, random);
      }
      switch (injector.inject(pod, "shop")) {
        case Injection.Injected injected -> {
          assertThat(names(injected.after())).startsWith("podseal");
          assertThat(injected(injected.after()).patch()).isEmpty();
        }
        case Injection.Skipped skipped -> assertThat(skipped.reason()).isNotNull();
        case Injection.Refused refused -> assertThat(refused.problems()).isNotEmpty();
      }
    }
  }

  /** Puts something foreign somewhere. */
  private static void mutate(ObjectNode root, Random random) {
    JsonNode at = root;
    while (true) {
      int size = at.size();
      if (size == 0) {
        return;
      }
      int index = random.nextInt(size);
      JsonNode child =
          at.isArray()
              ? at.get(index)
              : at.properties().stream().skip(index).findFirst().orElseThrow().getValue();
      if (child.isContainerNode() && random.nextInt(4) > 0) {
        at = child;
        continue;
      }
      JsonNode foreign =
          switch (random.nextInt(6)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.createArrayNode().add(1).add("x");
            case 2 -> JSON.createObjectNode().put("name", "podseal");
            case 3 -> JSON.getNodeFactory().textNode("text");
            case 4 -> JSON.getNodeFactory().numberNode(-1);
            default -> JSON.getNodeFactory().booleanNode(true);
          };
      if (at instanceof ArrayNode array) {
        array.set(index, foreign);
      } else {
        ((ObjectNode) at)
            .set(at.properties().stream().skip(index).findFirst().orElseThrow().getKey(), foreign);
      }
      return;
    }
  }

  private void assertSkipped(SkipReason reason, ObjectNode pod, String namespace) {
    assertThat(injector.inject(pod, namespace)).isEqualTo(new Injection.Skipped(reason));
  }

  private Injection.Injected injected(ObjectNode pod) {
    return (Injection.Injected) injector.inject(pod, "shop");
  }

  private static List<String> names(JsonNode pod) {
    return pod.at("/spec/initContainers").valueStream().map(c -> c.path("name").asText()).toList();
  }

  private static ObjectNode smallest() {
    try {
      return (ObjectNode)
          JSON.readTree("{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"app\"}]}}");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void annotate(ObjectNode pod, String key, String value) {
    object(object(pod, "metadata"), "annotations").put(key, value);
  }

  private static ObjectNode object(ObjectNode parent, String field) {
    return parent.path(field) instanceof ObjectNode present ? present : parent.putObject(field);
  }

  private static ObjectNode pod(String file) {
    try {
      return (ObjectNode) JSON.readTree(FILES.resolve(file).toFile());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
