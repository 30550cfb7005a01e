package io.podseal.protocol.message;

import io.podseal.protocol.policy.Proposal;
import io.podseal.protocol.policy.Transform;
import io.podseal.protocol.wire.ByteReader;
import io.podseal.protocol.wire.ByteWriter;
import io.podseal.protocol.wire.Bytes;
import io.podseal.protocol.wire.MalformedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Proposals and transforms (RFC 7296 §3.3.1-3.3.5).
 *
 * <pre>
 * Proposal:  Last(0|2) 0 Length(2) Number Protocol SPISize NumTransforms SPI transforms
 * Transform: Last(0|3) 0 Length(2) Type 0 ID(2) attributes
 * Attribute: AF(1 bit) Type(15) Value(2)                    or, with AF 0, Length(2) Value
 * </pre>
 */
final class SaCodec {
  private static final int MORE_PROPOSALS = 2;
  private static final int MORE_TRANSFORMS = 3;
  private static final int KEY_LENGTH = 0x800e;
  private static final int FIXED_VALUE = 0x8000;

  /** What strongSwan sends at most is 5 and 40; bounds work for one datagram. */
  private static final int MAX_PROPOSALS = 16;

  private static final int MAX_TRANSFORMS = 64;

  private SaCodec() {}

  static List<Proposal> decode(ByteReader r, Allowance allowance) throws MalformedException {
    List<Proposal> proposals = new ArrayList<>();
    boolean more = true;
    while (more) {
      int last = r.u8();
      r.u8();
      int length = r.u16();
      if (length < 8 || (last != 0 && last != MORE_PROPOSALS)) {
        throw PayloadCodec.syntax("proposal of length " + length + ", last " + last);
      }
      if (proposals.size() == MAX_PROPOSALS) {
        throw PayloadCodec.syntax("more than " + MAX_PROPOSALS + " proposals");
      }
      allowance.take();
      proposals.add(decodeProposal(r.slice(length - 4), allowance));
      more = last == MORE_PROPOSALS;
    }
    if (r.remaining() != 0) {
      throw PayloadCodec.syntax(r.remaining() + " octets after the last proposal");
    }
    return proposals;
  }

  private static Proposal decodeProposal(ByteReader r, Allowance allowance)
      throws MalformedException {
    int number = r.u8();
    int protocol = r.u8();
    int spiSize = r.u8();
    int count = r.u8();
    Bytes spi = r.bytes(spiSize);
    if (count > MAX_TRANSFORMS) {
      throw PayloadCodec.syntax(count + " transforms in one proposal");
    }
    List<Transform> transforms = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int last = r.u8();
      r.u8();
      int length = r.u16();
      if (length < 8 || last != (i == count - 1 ? 0 : MORE_TRANSFORMS)) {
        throw PayloadCodec.syntax("transform of length " + length + ", last " + last);
      }
      allowance.take();
      transforms.add(decodeTransform(r.slice(length - 4)));
    }
    if (r.remaining() != 0) {
      throw PayloadCodec.syntax(r.remaining() + " octets after the last transform");
    }
    return new Proposal(number, protocol, spi, transforms);
  }

  private static Transform decodeTransform(ByteReader r) throws MalformedException {
    int type = r.u8();
    r.u8();
    int id = r.u16();
    int keyBits = -1;
    boolean unknown = false;
    while (r.remaining() > 0) {
      int attribute = r.u16();
      int valueOrLength = r.u16();
      if (attribute == KEY_LENGTH) {
        keyBits = valueOrLength;
      } else {
        unknown = true;
        if ((attribute & FIXED_VALUE) == 0) {
          r.skip(valueOrLength);
        }
      }
    }
    Optional<Integer> bits = keyBits < 0 ? Optional.empty() : Optional.of(keyBits);
    return new Transform(type, id, bits, unknown);
  }

  static void encode(List<Proposal> proposals, ByteWriter w) {
    for (int i = 0; i < proposals.size(); i++) {
      Proposal p = proposals.get(i);
      int start = w.length();
      w.u8(i == proposals.size() - 1 ? 0 : MORE_PROPOSALS).u8(0).u16(0);
      w.u8(p.number()).u8(p.protocol()).u8(p.spi().length()).u8(p.transforms().size());
      w.bytes(p.spi());
      for (int j = 0; j < p.transforms().size(); j++) {
        Transform t = p.transforms().get(j);
        w.u8(j == p.transforms().size() - 1 ? 0 : MORE_TRANSFORMS).u8(0);
        w.u16(t.keyBits().isPresent() ? 12 : 8);
        w.u8(t.type()).u8(0).u16(t.id());
        t.keyBits().ifPresent(bits -> w.u16(KEY_LENGTH).u16(bits));
      }
      w.setU16(start + 2, w.length() - start);
    }
  }
}
