package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.podseal.controller.obs.ControllerMetrics;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Starts and stops the controller with the application, and answers for its health. */
@ApplicationScoped
class ControllerLifecycle {
  private final Controller controller;

  ControllerLifecycle(
      ControllerSettings settings, KubernetesClient client, MeterRegistry registry) {
    var clock = Clock.systemUTC();
    controller =
        new Controller(
            client,
            ControllerOptions.of(
                settings.namespace(),
                settings.trustDomain(),
                new InetSocketAddress(settings.controlPort()),
                settings
                    .serverName()
                    .orElseGet(() -> ControllerOptions.defaultServerName(settings.namespace())),
                settings.maxPeers(),
                settings.podName().orElseGet(ControllerLifecycle::hostName),
                settings.podIp()),
            new ControllerMetrics(registry, clock),
            clock);
  }

  void start(@Observes StartupEvent event) {
    controller.start();
  }

  void stop(@Observes ShutdownEvent event) {
    controller.close();
  }

  @Produces
  @Readiness
  HealthCheck ready() {
    return () ->
        HealthCheckResponse.named("caches and certificate authority")
            .status(controller.ready())
            .withData("leader", controller.leading())
            .build();
  }

  @Produces
  @Liveness
  HealthCheck live() {
    return () -> HealthCheckResponse.named("work loops").status(controller.healthy()).build();
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      throw new IllegalStateException("this host has no name: set PODSEAL_POD_NAME", e);
    }
  }
}
