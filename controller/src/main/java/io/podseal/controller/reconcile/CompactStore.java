package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps pruned objects in the informer's place of whole ones: some hundred bytes instead of many
 * KB.
 */
final class CompactStore<T extends HasMetadata> implements ItemStore<T> {
  private final ConcurrentHashMap<String, T> objects = new ConcurrentHashMap<>();
  private final UnaryOperator<T> prune;

  CompactStore(UnaryOperator<T> prune) {
    this.prune = prune;
  }

  @Override
  public String getKey(T object) {
    return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
  }

  @Override
  public @Nullable T put(String key, T object) {
    return objects.put(key, prune.apply(object));
  }

  @Override
  public @Nullable T remove(String key) {
    return objects.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return objects.values().stream();
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Override
  public @Nullable T get(String key) {
    return objects.get(key);
  }

  @Override
  public boolean isFullState() {
    return false;
  }
}
