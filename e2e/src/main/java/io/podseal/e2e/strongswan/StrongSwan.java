package io.podseal.e2e.strongswan;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A charon of one edition, running in a {@link PeerHost}. Confined to one thread. */
public final class StrongSwan implements AutoCloseable {
  /** The name that the {@link PeerHost} knows its process by. */
  public static final String PROCESS = "charon";

  private static final int VICI_PORT = 4502;
  private static final Duration START = Duration.ofSeconds(30);

  private final PeerHost host;
  private final Path folder;
  private final Vici vici;

  private StrongSwan(PeerHost host, Path folder, Vici vici) {
    this.host = host;
    this.folder = folder;
    this.vici = vici;
  }

  /**
   * Starts a charon and waits for its control interface.
   *
   * @param morePlugins beside those of the plane
   * @param settings lines of the daemon's section of {@code strongswan.conf}
   * @param folder for its settings and logs
   */
  public static StrongSwan start(
      PeerHost host,
      Edition edition,
      Plane plane,
      String morePlugins,
      List<String> settings,
      Path folder) {
    try {
      Files.createDirectories(folder);
      Files.writeString(
          folder.resolve("strongswan.conf"),
          """
          charon-systemd {
            load = %s socket-default vici
            plugins {
              vici { socket = tcp://0.0.0.0:%d }
              %s
            }
            filelog { peer { path = /run/peer/charon.log
                             flush_line = yes
                             time_format = %%T
                             default = 1
                             ike = 2
                             cfg = 2 } }
            %s
          }
          """
              .formatted(
                  plane.plugins() + " " + morePlugins,
                  VICI_PORT,
                  plane.settings(),
                  String.join("\n  ", settings)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    host.start(
        PROCESS,
        folder.resolve("output.log"),
        Toolbox.script("strongswan"),
        edition.root().toString(),
        host.seen(folder),
        "/usr/sbin/charon-systemd");
    try {
      Vici vici =
          Awaitility.await("the control interface of " + edition.suite() + "'s charon")
              .atMost(START)
              .pollInterval(Duration.ofMillis(50))
              .until(() -> connect(host), found -> found != null);
      return new StrongSwan(host, folder, vici);
    } catch (RuntimeException e) {
      host.kill(PROCESS);
      throw e;
    }
  }

  private static @Nullable Vici connect(PeerHost host) {
    try {
      return Vici.connect(host.address().getHostAddress(), VICI_PORT);
    } catch (IOException e) {
      return null;
    }
  }

  /** Tells it of our side. */
  public void load(Connection connection) {
    connection.load(vici);
  }

  /** Lets it initiate the child; what went wrong is an error. */
  public void initiate() {
    vici.must("initiate", Map.of("child", Connection.CHILD, "timeout", "15000"));
  }

  /** Lets it initiate the child and returns whether it succeeded. */
  public boolean tryInitiate() {
    return "yes"
        .equals(
            vici.ask("initiate", Map.of("child", Connection.CHILD, "timeout", "15000"))
                .get("success"));
  }

  /** Lets it rekey its child SA. */
  public void rekeyChild() {
    vici.must("rekey", Map.of("child", Connection.CHILD));
  }

  /** Lets it rekey its IKE SA. */
  public void rekeyIke() {
    vici.must("rekey", Map.of("ike", Connection.NAME));
  }

  /** Lets it delete its IKE SA. */
  public void terminateIke() {
    vici.must("terminate", Map.of("ike", Connection.NAME, "timeout", "10000"));
  }

  /** Lets it delete its child SA alone. */
  public void terminateChild() {
    vici.must("terminate", Map.of("child", Connection.CHILD, "timeout", "10000"));
  }

  /** Returns the IKE SAs of the connection, each with its settings. */
  public List<Map<?, ?>> ikeSas() {
    List<Map<?, ?>> sas = new ArrayList<>();
    for (Map<String, Object> event : vici.list("list-sas", "list-sa")) {
      for (Object sa : event.values()) {
        sas.add((Map<?, ?>) sa);
      }
    }
    return sas;
  }

  /** Returns the installed child SAs of all IKE SAs. */
  public List<Map<?, ?>> children() {
    List<Map<?, ?>> children = new ArrayList<>();
    for (Map<?, ?> sa : ikeSas()) {
      if (sa.get("child-sas") instanceof Map<?, ?> all) {
        all.values().stream()
            .map(child -> (Map<?, ?>) child)
            .filter(child -> "INSTALLED".equals(child.get("state")))
            .forEach(children::add);
      }
    }
    return children;
  }

  /** Returns its log so far. */
  public String log() {
    try {
      Path log = folder.resolve("charon.log");
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns how often its log has {@code part}. */
  public int timesLogged(String part) {
    return log().split(Pattern.quote(part), -1).length - 1;
  }

  /** Ends it without a word to its peers. */
  public void kill() {
    vici.close();
    host.kill(PROCESS);
  }

  @Override
  public void close() {
    kill();
  }
}
