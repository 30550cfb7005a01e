package io.podseal.e2e.demo;

import io.podseal.e2e.capture.Ledger;
import io.podseal.e2e.capture.Sniffer;
import io.podseal.e2e.cluster.Cluster;
import io.podseal.e2e.cluster.ClusterPod;
import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Lab;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.lab.ReversePathFilter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;

/** What the demo plays on: a cluster, three pods, the servers in one of them and the sniffer. */
final class Scene implements AutoCloseable {
  static final String NAMESPACE = "shop";
  static final String WEB_PORT = "5432";
  static final String IPERF_PORT = "5201";

  /** What the web server serves; it must not be found in the capture. */
  static final String MARKER = "the ledger of all orders, in plain words";

  private static final int ESP_KEPT_PER_SECOND = 200;

  private final Path folder;
  private final Lab lab;
  private final Resources owned = new Resources();
  private final Cluster cluster;
  private final ClusterPod orders;
  private final ClusterPod postgres;
  private final ClusterPod outsider;
  private final Sniffer sniffer;

  Scene(Lab lab, Path folder, boolean real) {
    this.lab = lab;
    this.folder = folder;
    this.cluster = own(real ? Cluster.startReal(lab, folder) : Cluster.start(lab, folder));
    cluster.namespace(NAMESPACE);
    this.orders = pod("orders", 11, true);
    this.postgres = pod("postgres", 12, true);
    this.outsider = pod("outsider", 13, false);
    nameThePods();
    startServers();
    this.sniffer = own(Sniffer.start(lab.bridge(), capture(), ESP_KEPT_PER_SECOND));
  }

  Lab lab() {
    return lab;
  }

  Cluster cluster() {
    return cluster;
  }

  ClusterPod orders() {
    return orders;
  }

  ClusterPod postgres() {
    return postgres;
  }

  ClusterPod outsider() {
    return outsider;
  }

  Sniffer sniffer() {
    return sniffer;
  }

  Path capture() {
    return folder.resolve("wire.pcap");
  }

  /** Returns what the sniffer saw of the declared pair so far. */
  Ledger.Summary pair() {
    return sniffer.between(orders.net().address(), postgres.net().address());
  }

  private ClusterPod pod(String name, int host, boolean injected) {
    return cluster.pod(
        NAMESPACE, lab.pod(name, host, ReversePathFilter.STRICT), Map.of("app", name), injected);
  }

  private void nameThePods() {
    StringBuilder hosts = new StringBuilder("127.0.0.1 localhost\n");
    for (ClusterPod pod : new ClusterPod[] {orders, postgres, outsider}) {
      hosts.append(pod.net().ip()).append(' ').append(pod.name()).append('\n');
    }
    try {
      Path file = Files.writeString(folder.resolve("hosts"), hosts);
      // Seen only inside the lab's mount namespace.
      Command.of("mount", "--bind", file.toString(), "/etc/hosts").must();
      own(() -> Command.of("umount", "/etc/hosts").must());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void startServers() {
    try {
      Path site = Files.createDirectories(folder.resolve("site"));
      Files.writeString(site.resolve("index.html"), MARKER + "\n");
      server(
          "web",
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:-UsePerfData",
          "-m",
          "jdk.httpserver",
          "-b",
          postgres.net().ip(),
          "-p",
          WEB_PORT,
          "-d",
          site.toString());
      server("iperf3", "iperf3", "-s", "-p", IPERF_PORT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Awaitility.await("web and iperf3 servers; logs in " + folder)
        .atMost(Duration.ofSeconds(20))
        .until(() -> listening(IPERF_PORT) && postgres.net().run("curl", "-sf", url()).ok());
  }

  private boolean listening(String port) {
    return postgres.net().run("ss", "-Hltn", "sport = :" + port).out().contains("LISTEN");
  }

  /** Returns where the page is. */
  String url() {
    return "http://" + postgres.name() + ":" + WEB_PORT + "/";
  }

  private void server(String name, String... line) {
    Background started = postgres.net().start(name, Map.of(), folder.resolve(name + ".log"), line);
    own(started);
  }

  private <T extends AutoCloseable> T own(T resource) {
    return owned.add(resource);
  }

  @Override
  public void close() {
    owned.close();
  }
}
