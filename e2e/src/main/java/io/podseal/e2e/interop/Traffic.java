package io.podseal.e2e.interop;

import io.podseal.e2e.lab.Background;
import io.podseal.e2e.lab.Command;
import io.podseal.e2e.lab.Resources;
import io.podseal.e2e.strongswan.PeerHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Applications at both ends: ping, a web server and iperf3. Confined to one thread. */
final class Traffic implements AutoCloseable {
  private static final int WEB_PORT = 8080;
  private static final String PAGE = "all orders of this year, in plain words\n".repeat(2000);
  private static final String AMOUNT = "500K";

  private final Ours ours;
  private final String ourIp;
  private final PeerHost host;
  private final Path folder;
  private final Path site;
  private final Resources owned = new Resources();

  /**
   * @param ourIp how our end is addressed from strongSwan's
   */
  Traffic(Ours ours, String ourIp, PeerHost host, Path folder) {
    this.ours = ours;
    this.ourIp = ourIp;
    this.host = host;
    this.folder = folder;
    try {
      this.site = Files.createDirectories(folder.resolve("site"));
      Files.writeString(site.resolve("orders.txt"), PAGE);
      serve(
          "web", "busybox", "httpd", "-f", "-p", ours.ip() + ":" + WEB_PORT, "-h", site.toString());
      serve("iperf3", "iperf3", "-s");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Background serve(String name, String... line) {
    return owned.add(ours.pod().start(name, Map.of(), folder.resolve(name + ".log"), line));
  }

  /** Pings from our side until an answer comes. */
  void pingFromUs() {
    try {
      Awaitility.await().atMost(Duration.ofSeconds(15)).until(this::tryPingFromUs);
    } catch (ConditionTimeoutException e) {
      throw new CaseFailure("no answer to our pings in 15 s", e);
    }
  }

  /** Pings once from our side and returns whether an answer came within 3 s. */
  boolean tryPingFromUs() {
    return ours.pod().run("ping", "-n", "-c", "1", "-W", "3", theirIp()).ok();
  }

  /** Pings from strongSwan's end until an answer comes. */
  void pingFromThem() {
    try {
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> host.run("ping", "-n", "-c", "1", "-W", "2", ourIp).ok());
    } catch (ConditionTimeoutException e) {
      throw new CaseFailure("no answer to strongSwan's pings in 15 s", e);
    }
  }

  /** Pings in both directions. */
  void ping() {
    pingFromUs();
    must("ping from strongSwan's end", host.run("ping", "-n", "-c", "1", "-W", "5", ourIp));
  }

  /** Fetches a page from a web server at each end. */
  void fetch() {
    Awaitility.await("our web server")
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> ours.pod().run("ss", "-Hltn", "sport = :" + WEB_PORT).out().contains("LISTEN"));
    whole(must("curl from strongSwan's end", host.run(curl(ourIp))));
    Path log = folder.resolve("web-theirs.log");
    String address = theirIp() + ":" + WEB_PORT;
    host.start("web", log, "busybox", "httpd", "-f", "-p", address, "-h", host.seen(site));
    try {
      whole(must("curl from our end", ours.pod().run(curl(theirIp()))));
    } finally {
      host.kill("web");
    }
  }

  private static String[] curl(String server) {
    String url = "http://" + server + ":" + WEB_PORT + "/orders.txt";
    return new String[] {
      "curl", "-sS", "--retry", "5", "--retry-connrefused", "--max-time", "10", url
    };
  }

  private static void whole(String page) {
    if (!page.strip().equals(PAGE.strip())) {
      throw new CaseFailure("curl got another page of " + page.length() + " characters");
    }
  }

  /** Opens TCP connections in both directions that are filled in both directions. */
  void stream() {
    host.start("iperf3", folder.resolve("iperf3-theirs.log"), "iperf3", "-s");
    try {
      must("iperf3 from strongSwan's end", host.run(client(ourIp)));
      must("iperf3 from our end", ours.pod().run(client(theirIp())));
    } finally {
      host.kill("iperf3");
    }
  }

  private static String[] client(String server) {
    return new String[] {
      "iperf3", "--bidir", "-n", AMOUNT, "--connect-timeout", "5000", "-c", server
    };
  }

  private static String must(String what, Command.Result result) {
    if (!result.ok()) {
      throw new CaseFailure("%s: exit %d, %s".formatted(what, result.exit(), result.err().strip()));
    }
    return result.out();
  }

  private String theirIp() {
    return host.address().getHostAddress();
  }

  @Override
  public void close() {
    owned.close();
  }
}
