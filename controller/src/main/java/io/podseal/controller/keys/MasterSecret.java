package io.podseal.controller.keys;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where master keys are kept: the Secret {@code podseal-master} with one entry {@code epoch-N} for
 * each, and beside it the ConfigMap {@code podseal-key-epoch} with the highest N there ever was, so
 * that a lost or rolled-back Secret is noticed.
 */
final class MasterSecret {
  static final String NAME = "podseal-master";
  static final String EPOCH_RECORD = "podseal-key-epoch";
  private static final String HIGHEST = "highest";
  private static final Pattern ENTRY = Pattern.compile("epoch-([1-9][0-9]{0,8})");
  private static final Map<String, String> LABELS = Map.of("app.kubernetes.io/part-of", "podseal");

  private final KubernetesClient client;
  private final String namespace;

  MasterSecret(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /**
   * What the Secret holds.
   *
   * @param keys newest first, at most two
   */
  record Stored(List<MasterKey> keys, String resourceVersion) {
    int newestEpoch() {
      return keys.getFirst().epoch();
    }

    void discard() {
      keys.forEach(key -> key.secret().close());
    }
  }

  /** Reads the Secret; empty if there is none. */
  Optional<Stored> read() {
    var secret = client.secrets().inNamespace(namespace).withName(NAME).get();
    return secret == null
        ? Optional.empty()
        : Optional.of(new Stored(parse(secret), secret.getMetadata().getResourceVersion()));
  }

  /**
   * Writes {@code key} and drops all others.
   *
   * @param resourceVersion of what was read; null if there was no Secret
   * @return false if the Secret changed or appeared meanwhile
   */
  boolean write(MasterKey key, @Nullable String resourceVersion) {
    var secret = client.secrets().inNamespace(namespace).resource(build(key, resourceVersion));
    try {
      if (resourceVersion == null) {
        secret.create();
      } else {
        secret.update();
      }
      return true;
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        return false;
      }
      throw e;
    }
  }

  /** The highest epoch on record; 0 if none. */
  int highestEpoch() {
    var record = client.configMaps().inNamespace(namespace).withName(EPOCH_RECORD).get();
    var text = record == null || record.getData() == null ? null : record.getData().get(HIGHEST);
    if (text == null) {
      return 0;
    }
    var entry = ENTRY.matcher("epoch-" + text);
    return entry.matches() ? Integer.parseInt(entry.group(1)) : 0;
  }

  /** Records {@code epoch} as the highest. */
  void recordHighestEpoch(int epoch) {
    var record =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withName(EPOCH_RECORD)
            .withNamespace(namespace)
            .withLabels(LABELS)
            .endMetadata()
            .addToData(HIGHEST, Integer.toString(epoch))
            .build();
    var maps = client.configMaps().inNamespace(namespace);
    if (maps.withName(EPOCH_RECORD).get() == null) {
      try {
        maps.resource(record).create();
        return;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
          throw e;
        }
      }
    }
    maps.resource(record).update();
  }

  private List<MasterKey> parse(Secret secret) {
    var keys = new ArrayList<MasterKey>();
    var data = secret.getData() == null ? Map.<String, String>of() : secret.getData();
    data.forEach((name, value) -> {
      var entry = ENTRY.matcher(name);
      if (entry.matches()) {
        keys.add(new MasterKey(Integer.parseInt(entry.group(1)), decode(name, value)));
      }
    });
    if (keys.isEmpty()) {
      throw unusable("has no entry epoch-N");
    }
    keys.sort(Comparator.comparingInt(MasterKey::epoch).reversed());
    while (keys.size() > KeyRing.MAX_EPOCHS) {
      keys.removeLast().secret().close();
    }
    return List.copyOf(keys);
  }

  private SecretOctets decode(String name, String base64) {
    try {
      var octets = Base64.getDecoder().decode(base64);
      if (octets.length == MasterKey.LENGTH) {
        return SecretOctets.adopt(octets);
      }
      Arrays.fill(octets, (byte) 0);
    } catch (IllegalArgumentException e) {
      throw unusable("has an entry " + name + " that is not base64");
    }
    throw unusable("has an entry " + name + " that is not " + MasterKey.LENGTH + " octets long");
  }

  private KeyStoreException unusable(String what) {
    return new KeyStoreException(
        "Secret "
            + namespace
            + "/"
            + NAME
            + " "
            + what
            + ": restore it from a backup, or delete it and every pair gets new keys");
  }

  private Secret build(MasterKey key, @Nullable String resourceVersion) {
    var encoded =
        key.secret()
            .use(octets ->
                new String(Base64.getEncoder().encode(octets), StandardCharsets.US_ASCII));
    return new SecretBuilder()
        .withNewMetadata()
        .withName(NAME)
        .withNamespace(namespace)
        .withLabels(LABELS)
        .withResourceVersion(resourceVersion)
        .endMetadata()
        .withType("Opaque")
        .addToData("epoch-" + key.epoch(), encoded)
        .build();
  }
}
