package io.podseal.controller.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.podseal.controller.obs.RepeatGuard;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The informers of one controller: started together, retried for ever, heard when they go blind.
 */
final class Watches implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger("podseal.caches");
  private static final Duration BLIND = Duration.ofSeconds(5);

  private final Map<String, SharedIndexInformer<?>> informers = new LinkedHashMap<>();
  private final Map<String, Listing> listings = new LinkedHashMap<>();
  private final RepeatGuard repeats;
  private final InstantSource clock;
  private Instant watchedAllAt;
  private boolean complained;

  Watches(InstantSource clock) {
    this.clock = clock;
    this.watchedAllAt = clock.instant();
    this.repeats = new RepeatGuard(clock, Duration.ofMinutes(1));
  }

  /** Adds an informer that was not started; {@code put} and {@code remove} run on its thread. */
  <T extends HasMetadata> void add(
      String what, SharedIndexInformer<T> informer, Consumer<T> put, Consumer<T> remove) {
    informer.exceptionHandler((started, problem) -> {
      var line = ApiProblems.describe("list and watch " + what, problem);
      if (repeats.due(line)) {
        LOG.warn(line);
      }
      return true;
    });
    var listing = new Listing();
    listings.put(what, listing);
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(T object) {
            try {
              put.accept(object);
            } finally {
              listing.heard();
            }
          }

          @Override
          public void onUpdate(T before, T after) {
            // A deletion and a creation of the same name may arrive as one update.
            if (!Objects.equals(before.getMetadata().getUid(), after.getMetadata().getUid())) {
              remove.accept(before);
            }
            put.accept(after);
          }

          @Override
          public void onDelete(T object, boolean finalStateUnknown) {
            remove.accept(object);
          }
        });
    informers.put(what, informer);
  }

  /** Starts all; the result completes when everything was listed once and heard of. */
  CompletableFuture<Void> start() {
    return CompletableFuture.allOf(
        informers.entrySet().stream()
            .map(entry -> start(entry.getKey(), entry.getValue()))
            .toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> start(String what, SharedIndexInformer<?> informer) {
    var listing = Objects.requireNonNull(listings.get(what));
    return informer
        .start()
        .toCompletableFuture()
        .thenCompose(started -> listing.listed(informer.getStore().listKeys().size()));
  }

  /** Says when the view of the cluster is frozen, and when it moves again; one thread calls it. */
  void complainIfBlind() {
    var blind =
        informers.entrySet().stream()
            .filter(informer -> !informer.getValue().isWatching())
            .map(Map.Entry::getKey)
            .collect(Collectors.joining(", "));
    var now = clock.instant();
    if (blind.isEmpty()) {
      watchedAllAt = now;
      if (complained) {
        complained = false;
        LOG.info("watching the cluster again");
      }
    } else if (!complained && now.isAfter(watchedAllAt.plus(BLIND))) {
      complained = true;
      LOG.warnf("not watching %s: policies stay as they are; is the API server up?", blind);
    }
  }

  @Override
  public void close() {
    informers.values().forEach(SharedIndexInformer::close);
  }
}
