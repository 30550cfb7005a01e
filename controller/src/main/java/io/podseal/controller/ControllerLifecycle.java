package io.podseal.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.MeterRegistry;
import io.podseal.controller.control.ControlLimits;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.inject.SidecarTemplate;
import io.podseal.controller.linux.CoreDumps;
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
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;

/** Starts and stops the controller with the application, and answers for its health. */
@ApplicationScoped
class ControllerLifecycle {
  private final Controller controller;

  ControllerLifecycle(
      ControllerSettings settings,
      @ConfigProperty(name = "quarkus.application.version") String version,
      KubernetesClient client,
      MeterRegistry registry) {
    var clock = Clock.systemUTC();
    var metrics = new ControllerMetrics(registry, clock);
    metrics.build(version);
    controller = new Controller(client, options(settings), metrics, clock);
  }

  private static ControllerOptions options(ControllerSettings settings) {
    var serverName =
        settings
            .serverName()
            .orElseGet(() -> ControllerOptions.defaultServerName(settings.namespace()));
    var sidecar = settings.sidecar();
    return new ControllerOptions(
        settings.namespace(),
        settings.trustDomain(),
        new ControllerOptions.Replica(
            settings.podName().orElseGet(ControllerLifecycle::hostName),
            settings.podIp().orElse("")),
        new InetSocketAddress(settings.controlPort()),
        serverName,
        settings.maxPeers(),
        new InetSocketAddress(settings.webhookPort()),
        SidecarTemplate.of(
            serverName + ":" + settings.controlPort(),
            sidecar.image(),
            sidecar.pullPolicy(),
            sidecar.logLevel(),
            sidecar.resources()),
        ControllerOptions.Pace.DEFAULT,
        ControlLimits.DEFAULT.reviewingEvery(settings.reviewInterval()),
        PodAuthenticator.Limits.DEFAULT);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  void start(@Observes StartupEvent event) {
    CoreDumps.forbid();
    controller.start();
  }

  void stop(@Observes ShutdownEvent event) {
    controller.close();
  }

  @Produces
  @Readiness
  HealthCheck ready() {
    return () ->
        HealthCheckResponse.named("caches, webhook, and streams or a leader elsewhere")
            .status(controller.ready())
            .build();
  }

  @Produces
  @Liveness
  HealthCheck live() {
    return () -> HealthCheckResponse.named("work loops").status(controller.healthy()).build();
  }
}
