package io.podseal.e2e.strongswan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What strongSwan is told of one peer: a connection with one child, as {@code swanctl.conf} names
 * its settings, and the secrets. Changed by a case before it is loaded.
 */
public final class Connection {
  /** Name of the connection. */
  public static final String NAME = "pod";

  /** Name of its child. */
  public static final String CHILD = "data";

  private final Map<String, Object> settings = new LinkedHashMap<>();
  private final Map<String, Object> local = new LinkedHashMap<>();
  private final Map<String, Object> remote = new LinkedHashMap<>();
  private final Map<String, Object> child = new LinkedHashMap<>();
  private final List<Map<String, Object>> secrets = new ArrayList<>();

  /**
   * A connection of version 2 without NAT changes, in transport mode with 64-bit numbers.
   *
   * @param theirAddress where the other end is, or {@code %any}
   * @param theirIdentity who it is, or {@code %any} for whoever knows a secret
   */
  public static Connection with(
      PeerHost here, String identity, String theirAddress, String theirIdentity) {
    Connection connection = new Connection();
    connection
        .set("version", "2")
        .set("local_addrs", List.of(here.address().getHostAddress()))
        .set("remote_addrs", List.of(theirAddress))
        .set("encap", "no")
        .set("mobike", "no")
        .set("proposals", List.of("aes256gcm16-prfsha256-x25519"));
    connection.local.put("auth", "psk");
    connection.remote.put("auth", "psk");
    connection.identities(identity, theirIdentity);
    connection.child("mode", "transport").child("esp_proposals", List.of("aes256gcm16-x25519-esn"));
    return connection;
  }

  /** Sets one setting of the connection: a text or a list of texts. */
  public Connection set(String name, Object value) {
    settings.put(name, value);
    return this;
  }

  /** Sets one setting of the child. */
  public Connection child(String name, Object value) {
    child.put(name, value);
    return this;
  }

  /** Sets one setting of how the other end proves who it is. */
  public Connection remote(String name, Object value) {
    remote.put(name, value);
    return this;
  }

  /** Sets who strongSwan is, and who it wants the other end to be. */
  public Connection identities(String own, String other) {
    local.put("id", own);
    remote.put("id", other);
    return this;
  }

  /** Adds the pre-shared key of these owners. */
  public Connection secret(byte[] data, String... owners) {
    secrets.add(
        Map.of("id", "psk-1", "type", "IKE", "data", data.clone(), "owners", List.of(owners)));
    return this;
  }

  /** Adds a key to mix into those of the IKE SA (RFC 8784). */
  public Connection ppk(byte[] data, String identity) {
    secrets.add(
        Map.of("id", "ppk-1", "type", "ppk", "data", data.clone(), "owners", List.of(identity)));
    return this;
  }

  /** Loads the secrets and the connection. */
  void load(Vici vici) {
    for (Map<String, Object> secret : secrets) {
      vici.must("load-shared", secret);
    }
    Map<String, Object> whole = new LinkedHashMap<>(settings);
    whole.put("local", local);
    whole.put("remote", remote);
    whole.put("children", Map.of(CHILD, child));
    vici.must("load-conn", Map.of(NAME, whole));
  }
}
