package io.podseal.protocol.message;

import io.podseal.protocol.policy.TrafficSelector;
import io.podseal.protocol.wire.ByteReader;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import io.podseal.protocol.wire.MalformedException;
import java.util.ArrayList;
import java.util.List;

/**
 * Traffic selectors (RFC 7296 §3.13.1).
 *
 * <pre>
 * Payload:  Count 0(3) selectors
 * Selector: Type Protocol Length(2) StartPort(2) EndPort(2) StartAddress EndAddress
 * </pre>
 */
final class TsCodec {
  private static final int FIXED_LENGTH = 8;

  /** Narrowing compares each of ours with each of theirs; strongSwan sends a few. */
  private static final int MAX_SELECTORS = 64;

  private TsCodec() {}

  static List<TrafficSelector> decode(ByteReader r, Allowance allowance) throws MalformedException {
    int count = r.u8();
    r.u8();
    r.u16();
    if (count == 0 || count > MAX_SELECTORS) {
      throw PayloadCodec.syntax(count + " traffic selectors");
    }
    List<TrafficSelector> selectors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int type = r.u8();
      int protocol = r.u8();
      int length = r.u16();
      if (length < FIXED_LENGTH) {
        throw PayloadCodec.syntax("selector length " + length);
      }
      allowance.take();
      ByteReader body = r.slice(length - 4);
      int addressLength =
          switch (type) {
            case TrafficSelector.IPV4_RANGE -> 4;
            case TrafficSelector.IPV6_RANGE -> 16;
            // §2.9: selector types we do not know are skipped when narrowing.
            default -> -1;
          };
      if (addressLength < 0) {
        continue;
      }
      int startPort = body.u16();
      int endPort = body.u16();
      Bytes start = body.bytes(addressLength);
      Bytes end = body.bytes(addressLength);
      if (body.remaining() != 0 || start.compareTo(end) > 0) {
        throw PayloadCodec.syntax("selector range");
      }
      selectors.add(new TrafficSelector(type, protocol, startPort, endPort, start, end));
    }
    if (r.remaining() != 0) {
      throw PayloadCodec.syntax(r.remaining() + " octets after the last selector");
    }
    return selectors;
  }

  static void encode(List<TrafficSelector> selectors, ByteWriter w) {
    w.u8(selectors.size()).u8(0).u16(0);
    for (TrafficSelector ts : selectors) {
      w.u8(ts.type()).u8(ts.protocol());
      w.u16(FIXED_LENGTH + ts.startAddress().length() + ts.endAddress().length());
      w.u16(ts.startPort()).u16(ts.endPort());
      w.bytes(ts.startAddress()).bytes(ts.endAddress());
    }
  }
}
