package io.podseal.sidecar.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.podseal.sidecar.lab.Lab;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class NftablesScriptTest {

  @Test
  void everyPartOfThePolicyIsInTheScript() throws IOException {
    List<PortRule> web = List.of(new PortRule(6, 80, 0), new PortRule(17, 5000, 5010));
    FirewallPolicy policy =
        new FirewallPolicy(
            "podseal0",
            0x504f,
            4500,
            List.of(
                peer(web, "10.8.0.2", "fd00::2"),
                peer(List.of(PortRule.ALL), "10.8.0.3"),
                peer(web, "10.8.0.4"),
                peer(List.of(), "10.8.0.5")),
            List.of(new PortRule(6, 5432, 0), new PortRule(0, 53, 0), new PortRule(47, 0, 0)),
            List.of(9808),
            List.of(new ClearFlow(Lab.ipv4("10.96.0.10"), 17, 53)),
            List.of(
                service("10.96.0.7", 6, false, "10.8.0.2", "10.8.9.9"),
                service("10.96.0.7", 17, true, "10.8.0.2"),
                service("10.96.0.7", 6, true, "10.8.0.5"),
                service("10.96.0.8", 6, false)));

    assertThat(NftablesScript.render(policy)).isEqualTo(golden("full.nft"));
  }

  @Test
  void policyWithoutPeersLeavesEverythingOpen() throws IOException {
    FirewallPolicy policy =
        new FirewallPolicy(
            "podseal0", 0x504f, 4500, List.of(), List.of(), List.of(), List.of(), List.of());

    assertThat(NftablesScript.render(policy)).isEqualTo(golden("empty.nft"));
  }

  @Test
  void addressClaimedTwiceKeepsTheRulesOfTheFirst() throws IOException {
    FirewallPolicy policy =
        new FirewallPolicy(
            "podseal0",
            1,
            4500,
            List.of(
                peer(List.of(), "10.8.0.2"),
                peer(List.of(PortRule.ALL), "10.8.0.2"),
                peer(List.of(PortRule.ALL), "10.8.0.3")),
            List.of(),
            List.of(),
            List.of(),
            List.of());

    assertThat(NftablesScript.render(policy))
        .contains("elements = { 10.8.0.2, 10.8.0.3 }")
        .contains("ip saddr vmap { 10.8.0.3 : jump ingress_0 }");
  }

  @Test
  void valuesThatWouldChangeTheScriptAreRefused() {
    assertThatThrownBy(() ->
            new FirewallPolicy(
                "a\" accept; #", 1, 4500, List.of(), List.of(), List.of(), List.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new PortRule(1, 80, 0)).hasMessageContaining("has no ports");
    assertThatThrownBy(() -> new PortRule(6, 80, 79)).hasMessageContaining("ends before");
    assertThatThrownBy(() -> new PortRule(6, 70_000, 0)).hasMessageContaining("65535");
    assertThatThrownBy(() -> new PortRule(300, 0, 0)).hasMessageContaining("300");
    assertThatThrownBy(() -> new ClearFlow(Lab.ipv4("10.0.0.1"), 1, 53))
        .hasMessageContaining("TCP or UDP");
  }

  private static ServiceRoute service(
      String address, int protocol, boolean sticky, String... backends) {
    return new ServiceRoute(
        Lab.ipv4(address),
        protocol,
        80,
        sticky,
        Stream.of(backends).map(b -> new ServiceRoute.Backend(Lab.ipv4(b), 8080)).toList());
  }

  private static FirewallPeer peer(List<PortRule> ingress, String... addresses) throws IOException {
    InetAddress[] parsed = new InetAddress[addresses.length];
    for (int i = 0; i < addresses.length; i++) {
      parsed[i] = InetAddress.getByName(addresses[i]);
    }
    return new FirewallPeer(List.of(parsed), ingress);
  }

  private static String golden(String file) throws IOException {
    try (InputStream in = NftablesScriptTest.class.getResourceAsStream("/firewall/" + file)) {
      if (in == null) {
        throw new IOException("no test resource firewall/" + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
