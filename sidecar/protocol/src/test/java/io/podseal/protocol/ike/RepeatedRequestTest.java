package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import io.podseal.protocol.policy.Endpoint;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which datagram counts as the last request come again (RFC 7296 §2.1). */
class RepeatedRequestTest {
  private static Datagram request(byte[] octets) {
    IkeHeader header = new IkeHeader(1, 2, ExchangeType.INFORMATIONAL, true, false, 0);
    return new Datagram(header, List.of(), Optional.empty(), octets);
  }

  private static MessageWindow answered(byte[] octets) {
    Endpoint peer = new Endpoint(InetAddress.ofLiteral("10.0.0.2"), 4500);
    FragmentSizes sizes = new FragmentSizes(Limits.FRAGMENT_SIZE, peer.address());
    MessageWindow window = new MessageWindow(sizes);
    window.accepted(request(octets));
    IkeHeader header = new IkeHeader(1, 2, ExchangeType.INFORMATIONAL, false, true, 0);
    Outgoing response = Outgoing.protect(Ends.gcm().responder(), header, List.of(), sizes);
    assertThat(window.responded(response, peer, true)).hasSize(1);
    return window;
  }

  @Test
  void theSameRequestGetsTheSameAnswer() {
    assertThat(answered(new byte[80]).repeatsLast(request(new byte[80]))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatDiffersInAnyOctetOfItsIcvIsNotARepetition(IntegrityAlgorithm algorithm) {
    byte[] octets = new byte[80];
    for (int i = 1; i <= algorithm.icvLength(); i++) {
      byte[] other = octets.clone();
      other[octets.length - i] ^= 1;
      assertThat(answered(octets).repeatsLast(request(other)))
          .as("octet %d from the end", i)
          .isFalse();
    }
  }

  @Test
  void aRequestTooShortToHoldAnIcvIsNotARepetition() {
    assertThat(answered(new byte[80]).repeatsLast(request(new byte[28]))).isFalse();
  }
}
