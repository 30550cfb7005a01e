package io.podseal.sidecar.obs;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.sidecar.lab.BufferLeaks;
import io.podseal.sidecar.obs.HttpEndpoint.Answer;
import io.podseal.sidecar.obs.HttpEndpoint.Page;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(BufferLeaks.class)
class HttpEndpointTest {
  private static final int PATIENCE_MS = 20_000;
  private static final String GOOD = "GET /page HTTP/1.1\r\n\r\n";

  private static String answer(HttpEndpoint endpoint, String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.port())) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    } catch (SocketException e) {
      // It may be closed before all was written.
      return "";
    }
  }

  private static HttpEndpoint endpoint() {
    return new HttpEndpoint(
        0, Map.of("/page", Page.of(true, () -> Answer.ok("text/plain", "yes"))));
  }

  private static void assertServes(HttpEndpoint endpoint) throws IOException {
    assertThat(answer(endpoint, GOOD)).startsWith("HTTP/1.1 200").endsWith("yes");
  }

  /** Its content is neither awaited nor kept. */
  @ParameterizedTest
  @ValueSource(strings = {"4097", "2147483647", "2147483648", "9223372036854775807"})
  void cve_2018_5388_aLengthBeyondTheLimitIsRefusedAtOnce(String length) throws IOException {
    try (HttpEndpoint endpoint = endpoint()) {
      assertThat(answer(endpoint, "GET /page HTTP/1.1\r\nContent-Length: " + length + "\r\n\r\n"))
          .startsWith("HTTP/1.1 413");
      assertServes(endpoint);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "BREW"})
  void whatIsNotAGetIsRefused(String method) throws IOException {
    try (HttpEndpoint endpoint = endpoint()) {
      assertThat(answer(endpoint, method + " /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n"))
          .startsWith("HTTP/1.1 405")
          .contains("allow: GET")
          .endsWith("GET only\n");
      assertServes(endpoint);
    }
  }

  /** Such a request is refused once or not at all, and what stands behind it is no request. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0, 5\r\n\r\n",
        "Content-Length: 18446744073709551615\r\n\r\nx",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nx",
        "Transfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
      })
  void cve_2018_5388_aLengthThatCannotBeIsSurvived(String rest) throws IOException {
    try (HttpEndpoint endpoint = endpoint()) {
      String answer = answer(endpoint, "GET /page HTTP/1.1\r\n" + rest + GOOD);
      assertThat(answer.split("HTTP/1.1 ")).hasSizeLessThanOrEqualTo(2);
      assertThat(answer).doesNotStartWith("HTTP/1.1 200");
      assertServes(endpoint);
    }
  }
}
