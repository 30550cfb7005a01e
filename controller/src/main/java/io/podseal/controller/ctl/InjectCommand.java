package io.podseal.controller.ctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.util.StringQuotingChecker;
import io.podseal.controller.inject.Injection;
import io.podseal.controller.inject.Injector;
import io.podseal.controller.inject.SidecarTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Gives the pods of manifests their sidecar, as the webhook would. */
@Command(
    name = "inject",
    description = {
      "Prints manifests whose pods have the Podseal sidecar, as the webhook makes them.",
      "Pods, and the pod templates of Deployments, StatefulSets, DaemonSets, ReplicaSets, Jobs and"
          + " CronJobs, also in Lists; everything else passes unchanged."
    },
    mixinStandardHelpOptions = true)
final class InjectCommand implements Callable<Integer> {
  private static final YAMLMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder()
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
              .disable(YAMLGenerator.Feature.SPLIT_LINES)
              .stringQuotingChecker(new Quoting())
              .build());

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "YAML or JSON, several documents; - is standard input")
  String file = "";

  @Option(
      names = {"-n", "--namespace"},
      defaultValue = "default",
      description = "of objects that name none (${DEFAULT-VALUE})")
  String namespace = "";

  @Option(
      names = "--image",
      description = "image of the sidecar (podseal/sidecar of podsealctl's own version)")
  String image = "podseal/sidecar:" + Version.current();

  @Option(
      names = "--pull-policy",
      defaultValue = "IfNotPresent",
      description = "Always, IfNotPresent or Never (${DEFAULT-VALUE})")
  String pullPolicy = "";

  @Option(
      names = "--log-level",
      defaultValue = "info",
      description = "error, warn, info, debug or trace (${DEFAULT-VALUE})")
  String logLevel = "";

  @Option(
      names = "--resources",
      defaultValue =
          "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"160Mi\"},\"limits\":{\"memory\":\"256Mi\"}}",
      description = "ResourceRequirements in JSON")
  String resources = "";

  @Option(
      names = "--controller-namespace",
      defaultValue = "podseal-system",
      description = "where the controller is installed (${DEFAULT-VALUE})")
  String controllerNamespace = "";

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    var injector =
        new Injector(
            SidecarTemplate.of(
                "podseal-controller." + controllerNamespace + ".svc:9443",
                image,
                pullPolicy,
                logLevel,
                resources),
            controllerNamespace);
    var problems = new ArrayList<String>();
    var documents = read();
    for (var document : documents) {
      if (document instanceof ObjectNode object) {
        inject(object, injector, problems);
      }
    }
    problems.forEach(problem -> spec.commandLine().getErr().println(problem));
    if (problems.stream().anyMatch(problem -> problem.startsWith("refused"))) {
      return Podsealctl.WRONG;
    }
    for (var document : documents) {
      spec.commandLine().getOut().print(YAML.writeValueAsString(document));
    }
    spec.commandLine().getOut().flush();
    return 0;
  }

  private List<JsonNode> read() throws IOException {
    var text = file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
    refuseAliases(text);
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      var all = new ArrayList<JsonNode>();
      while (documents.hasNextValue()) {
        var document = documents.nextValue();
        if (document != null && !document.isNull() && !document.isMissingNode()) {
          all.add(document);
        }
      }
      return all;
    }
  }

  /** A tree has no place for what an alias points at: it would become text. */
  private static void refuseAliases(byte[] text) throws IOException {
    try (var parser = YAML.getFactory().createParser(text)) {
      while (parser.nextToken() != null) {
        if (parser.isCurrentAlias()) {
          throw new IllegalArgumentException(
              "line "
                  + parser.currentTokenLocation().getLineNr()
                  + " has a YAML alias (*"
                  + parser.getText()
                  + "), which podsealctl does not follow: write out what it stands for, for example"
                  + " with kubectl create --dry-run=client -o yaml");
        }
      }
    }
  }

  /** Leaves plain only what no reader of YAML 1.1 or 1.2 takes for anything but a string. */
  private static final class Quoting extends StringQuotingChecker.Default {
    private static final long serialVersionUID = 1L;
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z/][A-Za-z0-9_./-]*");

    @Override
    public boolean needToQuoteName(String name) {
      return super.needToQuoteName(name) || !HARMLESS.matcher(name).matches();
    }

    @Override
    public boolean needToQuoteValue(String value) {
      // Several lines are written as a block, which is never anything but a string.
      return value.indexOf('\n') < 0
          && (super.needToQuoteValue(value) || !HARMLESS.matcher(value).matches());
    }
  }

  private void inject(ObjectNode object, Injector injector, List<String> problems) {
    var kind = object.path("kind").asText();
    if (object.path("items").isArray() && kind.endsWith("List")) {
      for (var item : object.path("items")) {
        if (item instanceof ObjectNode member) {
          inject(member, injector, problems);
        }
      }
      return;
    }
    var spec = object.path("spec");
    var pod =
        switch (kind) {
          case "Pod" -> object;
          case "Deployment",
              "StatefulSet",
              "DaemonSet",
              "ReplicaSet",
              "ReplicationController",
              "Job" ->
              spec.path("template");
          case "CronJob" -> spec.path("jobTemplate").path("spec").path("template");
          default -> null;
        };
    if (!(pod instanceof ObjectNode template)) {
      return;
    }
    var name = kind + "/" + object.path("metadata").path("name").asText();
    var home = object.path("metadata").path("namespace").asText(namespace);
    switch (injector.inject(template, home)) {
      case Injection.Injected injected -> template.setAll(injected.after());
      case Injection.Skipped skipped ->
          problems.add("skipped " + name + ": " + skipped.reason().explanation());
      case Injection.Refused refused -> problems.add("refused " + name + ": " + refused.message());
    }
  }
}
