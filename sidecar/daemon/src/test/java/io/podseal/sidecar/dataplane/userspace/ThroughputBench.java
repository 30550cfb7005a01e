package io.podseal.sidecar.dataplane.userspace;

import io.podseal.sidecar.lab.Lab;
import io.podseal.sidecar.lab.Lab.Pod;
import io.podseal.sidecar.lab.Lab.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares iperf3 through the plane with the same veth without it, interleaved, and prints medians.
 * Both planes run in this JVM. Run as root: {@code ThroughputBench [rounds] [seconds]}.
 */
final class ThroughputBench {
  private static final Pattern BITS = Pattern.compile("\"bits_per_second\":\\s*([0-9.e+]+)");
  private static final Pattern RTT = Pattern.compile("rtt min/avg/max/mdev = [^/]+/([0-9.]+)/");

  private ThroughputBench() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
    try (Lab clear = new Lab(Topology.BRIDGED, 2);
        Lab sealed = new Lab(Topology.BRIDGED, 2);
        SealedPod a = SealedPod.open(sealed.pod(1), sealed.pod(2).address(), 4500);
        SealedPod b = SealedPod.open(sealed.pod(2), sealed.pod(1).address(), 4500)) {
      SealedPod.connect(a, b, 1);
      iperf(sealed, 5);
      List<Double> without = new ArrayList<>();
      List<Double> with = new ArrayList<>();
      for (int i = 0; i < rounds; i++) {
        without.add(iperf(clear, seconds));
        with.add(iperf(sealed, seconds));
      }
      double plain = median(without);
      double esp = median(with);
      print("plain veth", plain, ping(clear));
      print("sealed", esp, ping(sealed));
      System.out.println(String.format(Locale.ROOT, "ratio %.3f", esp / plain));
    }
  }

  /** One TCP stream, in Gb/s as its receiver counts. */
  private static double iperf(Lab lab, int seconds) throws Exception {
    Pod client = lab.pod(1);
    Pod server = lab.pod(2);
    Process listener = server.namespace().start("iperf3", "-s", "-1", "--forceflush");
    try {
      if (listener.inputReader().lines().noneMatch(line -> line.startsWith("Server listening"))) {
        throw new IOException("iperf3 does not listen");
      }
      String report =
          output(
              client
                  .namespace()
                  .start("iperf3", "-J", "-c", server.ip(), "-t", String.valueOf(seconds)));
      int received = report.lastIndexOf("sum_received");
      Matcher matcher = BITS.matcher(report);
      if (received < 0 || !matcher.find(received)) {
        throw new IOException("iperf3 said: " + report);
      }
      return Double.parseDouble(matcher.group(1)) / 1e9;
    } finally {
      listener.destroyForcibly();
    }
  }

  /** Average round trip in microseconds. */
  private static double ping(Lab lab) throws Exception {
    String report = lab.pod(1).namespace().sh("ping -q -c 500 -i 0.002 " + lab.pod(2).ip());
    Matcher matcher = RTT.matcher(report);
    if (!matcher.find()) {
      throw new IOException("ping said: " + report);
    }
    return Double.parseDouble(matcher.group(1)) * 1000;
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static void print(String what, double gigabits, double roundTripMicros) {
    System.out.println(
        String.format(
            Locale.ROOT, "%-10s %.2f Gb/s, ping %.0f us", what, gigabits, roundTripMicros));
  }
}
