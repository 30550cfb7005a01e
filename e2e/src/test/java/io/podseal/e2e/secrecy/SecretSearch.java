package io.podseal.e2e.secrecy;

import io.podseal.controller.SecretForms;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Finds secrets in a text, in every form in which something may print them; for one thread. */
public final class SecretSearch {
  /** Every form of that many octets is the beginning of the same form of all. */
  private static final int BEGINNING = 18;

  private final Map<String, String> wanted = new LinkedHashMap<>();
  private final Map<String, String> whole = new LinkedHashMap<>();

  public SecretSearch() {
    add("a private key in PEM", "PRIVATE KEY", "-----BEGIN PRIVATE KEY-----");
  }

  /** Adds a secret, of which the beginning is looked for. */
  public void octets(String what, byte[] secret) {
    if (secret.length < BEGINNING) {
      throw new IllegalArgumentException(what + " is too short to look for");
    }
    var beginning = SecretForms.of(Arrays.copyOf(secret, BEGINNING));
    var all = SecretForms.of(secret);
    for (int i = 0; i < all.size(); i++) {
      add(what + ", form " + i, beginning.get(i), all.get(i));
    }
  }

  /** Adds an elliptic-curve key: its text, each line of it, its DER, and the number itself. */
  public void privateKey(String what, String pem) throws GeneralSecurityException {
    var lines = pem.lines().filter(Predicate.not(line -> line.startsWith("-----"))).toList();
    for (int i = 0; i < lines.size(); i++) {
      add(what + ", line " + i, lines.get(i), lines.get(i));
    }
    var der = Base64.getDecoder().decode(String.join("", lines));
    octets(what + " as text", pem.getBytes(StandardCharsets.UTF_8));
    octets(what + " as DER", der);
    var number =
        ((ECPrivateKey) KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der)))
            .getS();
    octets(what + " as octets", unsigned(number));
    add(what + " as a number", number.toString(), number.toString());
  }

  /** What of it {@code place} holds. */
  public List<String> in(String place) {
    return wanted.entrySet().stream()
        .filter(entry -> place.contains(entry.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Everything that it looks for, by name, as something would print it. */
  public Map<String, String> forms() {
    return whole;
  }

  private void add(String what, String looked, String printed) {
    wanted.put(what, looked);
    whole.put(what, printed);
  }

  private static byte[] unsigned(BigInteger number) {
    var octets = number.toByteArray();
    return octets[0] == 0 ? Arrays.copyOfRange(octets, 1, octets.length) : octets;
  }
}
