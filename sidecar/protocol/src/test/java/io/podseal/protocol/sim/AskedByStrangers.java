package io.podseal.protocol.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.ike.Action;
import io.podseal.protocol.ike.Forge;
import io.podseal.protocol.message.IkeMessage;
import io.podseal.protocol.message.MessageDecoder;
import io.podseal.protocol.policy.Endpoint;
import java.util.List;

/** Two pods, one of which gets clear messages from anywhere. */
abstract class AskedByStrangers {
  final World world = new World(1);
  final Host a = world.host("a", "10.0.0.1", 1);
  final Host b = world.host("b", "10.0.0.2", 2);

  /** What {@code b} sends when it gets {@code request}. */
  List<byte[]> answers(byte[] request, Endpoint from) {
    return b.ike(request, from, 500).stream()
        .filter(Action.Send.class::isInstance)
        .map(s -> ((Action.Send) s).message())
        .toList();
  }

  /** Its one answer, which is no longer than the request. */
  IkeMessage answer(byte[] request, Endpoint from) {
    List<byte[]> answers = answers(request, from);
    assertThat(answers).hasSize(1);
    assertThat(answers.getFirst().length).isLessThanOrEqualTo(request.length);
    return Forge.value(MessageDecoder.decode(answers.getFirst())).clearMessage();
  }
}
