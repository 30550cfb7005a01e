package io.podseal.e2e.race;

import io.podseal.e2e.lab.Pod;
import io.podseal.e2e.strongswan.Connection;
import io.podseal.e2e.strongswan.Edition;
import io.podseal.e2e.strongswan.NamespaceHost;
import io.podseal.e2e.strongswan.Plane;
import io.podseal.e2e.strongswan.StrongSwan;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** strongSwan's daemon as the responder, started anew for each round. Confined to one thread. */
final class Charon implements Responder {
  static final Edition EDITION = Edition.SID;

  /** No limits on strangers, no logs, and a table for many IKE SAs. */
  private static final List<String> SETTINGS =
      List.of(
          "dos_protection = no",
          "cookie_threshold = 0",
          "cookie_threshold_ip = 0",
          "block_threshold = 0",
          "init_limit_half_open = 0",
          "ikesa_table_size = 4096",
          "filelog { peer { default = -1\n ike = -1\n cfg = -1 } }",
          "journal { default = -1 }");

  private final NamespaceHost host;
  private final Path folder;
  private @Nullable StrongSwan running;

  Charon(Pod pod, String core, Path folder) {
    this.host = new NamespaceHost(pod, "taskset", "-c", core);
    this.folder = folder;
  }

  @Override
  public String title() {
    return "charon";
  }

  @Override
  public InetAddress address() {
    return host.address();
  }

  @Override
  public void prepare(Kind kind, int spokes) {
    end();
    Connection connection =
        Connection.with(host, Parties.HUB, "%any", "%any")
            .set("proposals", List.of(kind.proposal()))
            .set("unique", "never")
            .set("childless", "allow")
            .child("mode", "tunnel")
            // Without policies kernel-libipsec makes SAs and no routes, as our end does.
            .child("policies", "no")
            .child("esp_proposals", List.of("aes256gcm16"))
            .secret(Parties.secret());
    StrongSwan started =
        StrongSwan.start(host, EDITION, Plane.KERNEL_LIBIPSEC, "", SETTINGS, folder);
    running = started;
    started.load(connection);
  }

  @Override
  public long pid() {
    return host.pid(StrongSwan.PROCESS);
  }

  @Override
  public Held held() {
    StrongSwan asked = running;
    return asked == null
        ? new Held(0, 0)
        : new Held(asked.ikeSas().size(), asked.children().size());
  }

  private void end() {
    StrongSwan ended = running;
    running = null;
    if (ended != null) {
      ended.close();
    }
  }

  @Override
  public void close() {
    end();
    host.close();
  }
}
