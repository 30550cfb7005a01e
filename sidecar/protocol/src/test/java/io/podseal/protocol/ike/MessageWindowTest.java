package io.podseal.protocol.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.IntegrityAlgorithm;
import io.podseal.protocol.message.Datagram;
import io.podseal.protocol.message.ExchangeType;
import io.podseal.protocol.message.IkeHeader;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessageWindowTest {
  private static final byte[] RESPONSE = {1, 2, 3};

  private static Datagram request(byte[] octets) {
    IkeHeader header = new IkeHeader(1, 2, ExchangeType.INFORMATIONAL, true, false, 0);
    return new Datagram(header, List.of(), Optional.empty(), octets);
  }

  private static MessageWindow answered(byte[] octets) {
    MessageWindow window = new MessageWindow();
    window.accepted(request(octets));
    window.responded(RESPONSE);
    return window;
  }

  @Test
  void theSameRequestGetsTheSameAnswer() {
    assertThat(answered(new byte[80]).answerTo(request(new byte[80]))).hasValue(RESPONSE);
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatDiffersInAnyOctetOfItsIcvIsNotARepetition(IntegrityAlgorithm algorithm) {
    byte[] octets = new byte[80];
    for (int i = 1; i <= algorithm.icvLength(); i++) {
      byte[] other = octets.clone();
      other[octets.length - i] ^= 1;
      assertThat(answered(octets).answerTo(request(other)))
          .as("octet %d from the end", i)
          .isEmpty();
    }
  }

  @Test
  void aRequestTooShortToHoldAnIcvIsNotARepetition() {
    assertThat(answered(new byte[80]).answerTo(request(new byte[28]))).isEmpty();
  }
}
