package io.podseal.sidecar.firewall;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Loads the table {@code inet podseal} into the network namespace of the calling thread and reads
 * its counters, by the program {@code nft}. Thread-safe: calls take turns.
 *
 * <p>The table has no owner: it stays in force when this process dies, which is what keeps packets
 * sealed then.
 */
public final class Firewall {
  /** Set in the mark of packets to a {@link ServiceRoute}, for the look-up of their new route. */
  public static final int SERVICE_MARK = 0x5053_0000;

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Pattern COUNTER =
      Pattern.compile("counter (\\w+) \\{\\s*packets (\\d+) bytes \\d+");

  /** Packets counted by tables that were replaced since. */
  private final Map<Counter, Long> replaced = new EnumMap<>(Counter.class);

  private final ServiceFlows flows = new ServiceFlows();
  private boolean loaded;

  /**
   * Puts {@code policy} in force, all at once.
   *
   * @throws FirewallException when nftables refuses it; what was in force stays
   */
  public synchronized void apply(FirewallPolicy policy) {
    Map<Counter, Long> counted = counters();
    nft(NftablesScript.render(policy), "-f", "-");
    replaced.putAll(counted);
    loaded = true;
    flows.inForce(policy.services());
  }

  /**
   * Packets dropped since this object's first {@link #apply}. What is dropped while a table is
   * being replaced may be missing.
   */
  public synchronized Map<Counter, Long> counters() {
    Map<Counter, Long> result = new EnumMap<>(Counter.class);
    for (Counter counter : Counter.values()) {
      result.put(counter, replaced.getOrDefault(counter, 0L));
    }
    if (loaded) {
      Matcher matcher = COUNTER.matcher(nft("", "list", "counters", "table", "inet", "podseal"));
      while (matcher.find()) {
        for (Counter counter : Counter.values()) {
          if (counter.label().equals(matcher.group(1))) {
            result.merge(counter, Long.parseLong(matcher.group(2)), Long::sum);
          }
        }
      }
    }
    return result;
  }

  private static String nft(String script, String... arguments) {
    String[] command = new String[arguments.length + 1];
    command[0] = "nft";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new FirewallException("cannot run nft: is nftables in the image? " + e.getMessage(), e);
    }
    try {
      CompletableFuture<byte[]> output =
          CompletableFuture.supplyAsync(() -> readAll(process.getInputStream()));
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(script.getBytes(StandardCharsets.US_ASCII));
      } catch (IOException closedEarly) {
        // Its exit status and what it printed say more.
      }
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new FirewallException("nft did not answer within " + LIMIT.toSeconds() + " s", null);
      }
      String printed = new String(output.join(), StandardCharsets.UTF_8).strip();
      if (process.exitValue() != 0) {
        throw new FirewallException(
            "nft refused the table (NET_ADMIN and a kernel with nf_tables are needed): " + printed,
            null);
      }
      return printed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FirewallException("interrupted while nft ran", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static byte[] readAll(InputStream stream) {
    try {
      return stream.readAllBytes();
    } catch (IOException e) {
      return new byte[0];
    }
  }
}
