package io.podseal.controller;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;

/** Starts and stops the controller with the application. */
@ApplicationScoped
class ControllerLifecycle {
  private static final Logger LOG = Logger.getLogger("podseal");

  void start(@Observes StartupEvent event, ControllerSettings settings) {
    LOG.infof("namespace %s, trust domain %s", settings.namespace(), settings.trustDomain());
  }
}
