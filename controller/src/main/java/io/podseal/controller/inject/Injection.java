package io.podseal.controller.inject;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import java.util.List;

/** What is to become of a pod. */
public sealed interface Injection {
  /**
   * It gets a sidecar, or has the right one already.
   *
   * @param before as it came, with every field that anybody ever put into it
   * @param after with its sidecar
   */
  record Injected(ObjectNode before, ObjectNode after) implements Injection {
    /** From before to after (RFC 6902); empty when there is nothing to change. */
    public JsonNode patch() {
      return JsonDiff.asJson(before, after, DiffFlags.dontNormalizeOpIntoMoveAndCopy());
    }
  }

  /** It stays as it is. */
  record Skipped(SkipReason reason) implements Injection {}

  /**
   * It must not be created like this.
   *
   * @param problems all of them, each a sentence that says what to change
   */
  record Refused(List<String> problems) implements Injection {
    public Refused {
      problems = List.copyOf(problems);
    }

    /** The problems in one line. */
    public String message() {
      return String.join("; ", problems);
    }
  }
}
