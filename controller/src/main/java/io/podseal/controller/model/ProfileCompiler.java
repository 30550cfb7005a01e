package io.podseal.controller.model;

import io.podseal.crds.v1alpha1.CryptoProfileSpec;
import io.podseal.crds.v1alpha1.ProfileReference;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds a crypto profile by name and checks it, repeating what the CRD's rules say. */
final class ProfileCompiler {
  private static final Pattern DURATION = Pattern.compile(CryptoProfileSpec.DURATION);
  private static final Pattern PART = Pattern.compile("([0-9]+)([hms])");
  private static final int MAX_DURATION_LENGTH = 16;

  private final Map<String, ProfileRecord> profiles = new HashMap<>();

  ProfileCompiler(Collection<ProfileRecord> profiles) {
    profiles.forEach(profile -> this.profiles.put(profile.key(), profile));
  }

  CryptoChoice find(String namespace, @Nullable ProfileReference reference) throws SpecException {
    var name =
        reference == null || reference.name() == null ? ProfileReference.DEFAULT : reference.name();
    var profile = profiles.get(namespace + "/" + name);
    if (profile == null) {
      if (name.equals(ProfileReference.DEFAULT)) {
        return CryptoChoice.BUILT_IN;
      }
      throw new SpecException(
          Reasons.PROFILE_NOT_FOUND,
          "there is no CryptoProfile " + namespace + "/" + name + "; create it or name another");
    }
    try {
      return compile(profile);
    } catch (SpecException e) {
      throw new SpecException(
          Reasons.PROFILE_INVALID,
          "CryptoProfile " + namespace + "/" + name + ": " + e.explanation());
    }
  }

  /** What the status of each profile should say. */
  List<ObjectReport> reports() {
    return profiles.values().stream()
        .sorted(Comparator.comparing(ProfileRecord::key))
        .map(profile -> new ObjectReport(profile.subject(), List.of(acceptance(profile))))
        .toList();
  }

  private static ConditionState acceptance(ProfileRecord profile) {
    try {
      compile(profile);
      return ConditionState.yes(
          Reasons.ACCEPTED, Reasons.ACCEPTED, "peerings of this namespace may name it");
    } catch (SpecException e) {
      return ConditionState.no(Reasons.ACCEPTED, e.reason(), e.explanation());
    }
  }

  private static CryptoChoice compile(ProfileRecord profile) throws SpecException {
    var spec = profile.spec();
    if (spec == null) {
      throw SpecException.invalid("it has no spec");
    }
    var standard = CryptoChoice.BUILT_IN;
    var algorithms = AlgorithmChoice.of(spec);
    var child = duration("childLifetime", spec.childLifetime(), standard.childLifetime());
    var ike = duration("ikeLifetime", spec.ikeLifetime(), standard.ikeLifetime());
    var liveness = duration("liveness", spec.liveness(), standard.liveness());
    between("childLifetime", child, Duration.ofMinutes(1), Duration.ofDays(1));
    between("ikeLifetime", ike, Duration.ofMinutes(1), Duration.ofDays(7));
    between("liveness", liveness, Duration.ofSeconds(1), Duration.ofHours(1));
    if (child.compareTo(ike) > 0) {
      throw SpecException.invalid("childLifetime must not exceed ikeLifetime");
    }
    return new CryptoChoice(profile.subject().name(), algorithms, child, ike, liveness);
  }

  private static Duration duration(String field, @Nullable String text, Duration standard)
      throws SpecException {
    if (text == null) {
      return standard;
    }
    if (text.length() > MAX_DURATION_LENGTH || !DURATION.matcher(text).matches()) {
      throw SpecException.invalid(field + " must be written as in 1h30m, not " + text);
    }
    var sum = Duration.ZERO;
    for (var part = PART.matcher(text); part.find(); ) {
      long amount = Long.parseLong(part.group(1));
      sum =
          switch (part.group(2)) {
            case "h" -> sum.plusSeconds(Math.multiplyExact(amount, 3600));
            case "m" -> sum.plusSeconds(Math.multiplyExact(amount, 60));
            default -> sum.plusSeconds(amount);
          };
    }
    return sum;
  }

  private static void between(String field, Duration value, Duration least, Duration most)
      throws SpecException {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw SpecException.invalid(
          field + " must be between " + least.toSeconds() + "s and " + most.toSeconds() + "s");
    }
  }
}
