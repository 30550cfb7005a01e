package io.podseal.sidecar.probe;

import java.util.List;

/** What a probe asks of the application, as Kubernetes declares it. */
sealed interface Handler {
  /** Name or address to connect to. */
  String host();

  int port();

  /** An HTTP header, sent as declared. */
  record Header(String name, String value) {
    /** Values may be credentials. */
    @Override
    public String toString() {
      return name;
    }
  }

  /**
   * GET over HTTP, or over TLS whose certificate is not verified.
   *
   * @param path with the query, begins with a slash
   */
  record HttpGet(String host, int port, boolean tls, String path, List<Header> headers)
      implements Handler {}

  /** A TCP connection that opens. */
  record TcpSocket(String host, int port) implements Handler {}

  /** {@code grpc.health.v1.Health/Check} in clear text. */
  record Grpc(String host, int port, String service) implements Handler {}
}
