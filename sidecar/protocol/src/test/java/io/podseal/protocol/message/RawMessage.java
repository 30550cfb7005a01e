package io.podseal.protocol.message;

import io.podseal.protocol.wire.ByteWriter;
import java.util.ArrayList;
import java.util.List;

/** An IKE message written octet by octet, so that it may be wrong. */
final class RawMessage {
  @SuppressWarnings("ArrayRecordComponent") // written once, read once
  private record Part(int type, boolean critical, int length, byte[] content) {}

  private final List<Part> parts = new ArrayList<>();
  private long spiInitiator = 0x1122334455667788L;
  private int version = IkeHeader.VERSION_2_0;
  private int exchange = ExchangeType.IKE_SA_INIT.id();
  private int lengthError;
  private byte[] trailer = new byte[0];
  private int lastNext = PayloadType.NONE;

  RawMessage payload(int type, byte... content) {
    return payload(type, false, content.length + 4, content);
  }

  RawMessage payload(int type, boolean critical, int length, byte[] content) {
    parts.add(new Part(type, critical, length, content));
    return this;
  }

  RawMessage spiInitiator(long spi) {
    spiInitiator = spi;
    return this;
  }

  RawMessage version(int value) {
    version = value;
    return this;
  }

  RawMessage exchange(int id) {
    exchange = id;
    return this;
  }

  RawMessage lengthOffBy(int error) {
    lengthError = error;
    return this;
  }

  RawMessage trailer(byte... octets) {
    trailer = octets;
    return this;
  }

  /** What the last part says comes next, where an Encrypted payload names what is inside. */
  RawMessage lastNext(int type) {
    lastNext = type;
    return this;
  }

  /** The parts alone, as they stand inside an Encrypted payload. */
  byte[] chain() {
    ByteWriter w = new ByteWriter();
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      int next = i + 1 < parts.size() ? parts.get(i + 1).type() : lastNext;
      w.u8(next).u8(part.critical() ? 0x80 : 0).u16(part.length()).bytes(part.content());
    }
    return w.bytes(trailer).toArray();
  }

  int firstType() {
    return parts.isEmpty() ? PayloadType.NONE : parts.getFirst().type();
  }

  byte[] toArray() {
    byte[] chain = chain();
    ByteWriter w = new ByteWriter();
    w.u64(spiInitiator).u64(0).u8(firstType()).u8(version).u8(exchange).u8(0x08).u32(0);
    w.u32(IkeHeader.LENGTH + chain.length + lengthError);
    return w.bytes(chain).toArray();
  }
}
