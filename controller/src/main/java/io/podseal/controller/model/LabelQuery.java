package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.Requirement;
import io.podseal.crds.v1alpha1.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A label selector that was checked: labels that must be equal, and requirements.
 *
 * <p>The syntax of keys and values is that of Kubernetes ("Labels and Selectors", Syntax and
 * character set).
 */
record LabelQuery(Map<String, String> equal, List<Term> terms) {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
  private static final Pattern PREFIX =
      Pattern.compile("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");
  private static final int MAX_PREFIX = 253;

  /** Whether a label of these values (or any value) is there, or is not. */
  record Term(String key, Set<String> values, boolean wanted) {
    boolean matches(Map<String, String> labels) {
      var value = labels.get(key);
      // As in Kubernetes, NotIn also holds where the label is absent.
      boolean found = value != null && (values.isEmpty() || values.contains(value));
      return found == wanted;
    }
  }

  static LabelQuery parse(@Nullable Selector selector, String field) throws SpecException {
    var labels = selector == null ? null : selector.matchLabels();
    var expressions = selector == null ? null : selector.matchExpressions();
    if ((labels == null || labels.isEmpty()) && (expressions == null || expressions.isEmpty())) {
      throw SpecException.invalid(
          field + " is empty: name at least one label in matchLabels or matchExpressions");
    }
    var equal = new TreeMap<String, String>();
    if (labels != null) {
      for (var label : labels.entrySet()) {
        equal.put(key(label.getKey(), field), value(label.getValue(), field));
      }
    }
    var terms = new ArrayList<Term>();
    if (expressions != null) {
      for (var expression : expressions) {
        terms.add(term(expression, field));
      }
    }
    return new LabelQuery(Map.copyOf(equal), List.copyOf(terms));
  }

  boolean matches(Map<String, String> labels) {
    return labels.entrySet().containsAll(equal.entrySet())
        && terms.stream().allMatch(term -> term.matches(labels));
  }

  private static Term term(@Nullable Requirement requirement, String field) throws SpecException {
    if (requirement == null) {
      throw SpecException.invalid(field + " has an empty expression");
    }
    var key = key(requirement.key(), field);
    var values = requirement.values() == null ? List.<String>of() : requirement.values();
    for (var value : values) {
      value(value, field);
    }
    var operator = String.valueOf(requirement.operator());
    boolean wantsValues =
        switch (operator) {
          case "In", "NotIn" -> true;
          case "Exists", "DoesNotExist" -> false;
          default ->
              throw SpecException.invalid(
                  field
                      + " has the operator "
                      + operator
                      + "; it must be In, NotIn, Exists or DoesNotExist");
        };
    if (wantsValues == values.isEmpty()) {
      throw SpecException.invalid(
          field + ": " + operator + (wantsValues ? " needs values" : " takes no values"));
    }
    return new Term(key, Set.copyOf(values), operator.equals("In") || operator.equals("Exists"));
  }

  private static String key(@Nullable String key, String field) throws SpecException {
    if (key != null) {
      int slash = key.indexOf('/');
      var prefix = slash < 0 ? null : key.substring(0, slash);
      boolean prefixGood =
          prefix == null || (prefix.length() <= MAX_PREFIX && PREFIX.matcher(prefix).matches());
      if (prefixGood && NAME.matcher(key.substring(slash + 1)).matches()) {
        return key;
      }
    }
    throw SpecException.invalid(field + ": " + key + " is not a label key");
  }

  private static String value(@Nullable String value, String field) throws SpecException {
    if (value != null && (value.isEmpty() || NAME.matcher(value).matches())) {
      return value;
    }
    throw SpecException.invalid(field + ": " + value + " is not a label value");
  }
}
