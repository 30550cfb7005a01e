package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.wire.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** Valid messages by seed: every payload, every field, lengths from nothing to a full datagram. */
public final class Gen {
  private final Random random;

  public Gen(long seed) {
    random = new Random(seed);
  }

  public IkeHeader header() {
    ExchangeType[] exchanges = ExchangeType.values();
    return new IkeHeader(
        1 | random.nextLong(),
        random.nextLong(),
        exchanges[random.nextInt(exchanges.length)],
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextInt());
  }

  /** Payloads in any order; those that may stand only once do. */
  public List<Payload> payloads() {
    List<Payload> payloads = new ArrayList<>();
    List<Supplier<Payload>> once =
        List.of(
            () -> new SaPayload(list(1, 4, this::proposal)),
            () -> new KePayload(u16(), octets(0, 300)),
            () -> id(true),
            () -> id(false),
            () -> new AuthPayload(u8(), octets(0, 100)),
            () -> new NoncePayload(octets(NoncePayload.MIN_LENGTH, NoncePayload.MAX_LENGTH)),
            () -> new TsPayload(true, list(1, 5, this::selector)),
            () -> new TsPayload(false, list(1, 5, this::selector)));
    List<Supplier<Payload>> often =
        List.of(
            () -> new NotifyPayload(u8(), octets(0, 16), u16(), octets(0, 80)),
            this::delete,
            () -> new VendorIdPayload(octets(0, 40)),
            this::opaque);
    once.stream().filter(s -> random.nextInt(3) == 0).map(Supplier::get).forEach(payloads::add);
    for (int i = random.nextInt(10); i > 0; i--) {
      payloads.add(often.get(random.nextInt(often.size())).get());
    }
    Collections.shuffle(payloads, random);
    return payloads;
  }

  private IdPayload id(boolean initiator) {
    return new IdPayload(initiator, u8(), random.nextInt(1 << 24), octets(0, 260));
  }

  private DeletePayload delete() {
    int size = 1 + random.nextInt(8);
    return new DeletePayload(u8(), list(0, 12, () -> octets(size, size)));
  }

  private OpaquePayload opaque() {
    List<Integer> types = List.of(1, 32, 37, 38, 47, 48, 49, 52, 54, 128, 255);
    return new OpaquePayload(types.get(random.nextInt(types.size())), false, octets(0, 200));
  }

  private Proposal proposal() {
    return new Proposal(u8(), u8(), octets(0, 8), list(0, 9, this::transform));
  }

  private Transform transform() {
    Optional<Integer> keyBits = random.nextBoolean() ? Optional.of(u16()) : Optional.empty();
    return new Transform(u8(), u16(), keyBits, false);
  }

  private TrafficSelector selector() {
    boolean v4 = random.nextBoolean();
    int length = v4 ? 4 : 16;
    Bytes a = octets(length, length);
    Bytes b = octets(length, length);
    boolean ordered = a.compareTo(b) <= 0;
    return new TrafficSelector(
        v4 ? TrafficSelector.IPV4_RANGE : TrafficSelector.IPV6_RANGE,
        u8(),
        u16(),
        u16(),
        ordered ? a : b,
        ordered ? b : a);
  }

  public Bytes octets(int min, int max) {
    byte[] octets = new byte[min + random.nextInt(max - min + 1)];
    random.nextBytes(octets);
    return Bytes.copyOf(octets);
  }

  private int u8() {
    return random.nextInt(1 << 8);
  }

  private int u16() {
    return random.nextInt(1 << 16);
  }

  private <T> List<T> list(int min, int max, Supplier<T> item) {
    List<T> items = new ArrayList<>();
    for (int i = min + random.nextInt(max - min + 1); i > 0; i--) {
      items.add(item.get());
    }
    return items;
  }
}
