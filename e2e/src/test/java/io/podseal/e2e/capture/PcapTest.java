package io.podseal.e2e.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_800_000_000L, 123_456_789);

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() throws Exception {
    Path file = folder.resolve("wire.pcap");
    byte[] frame = Frames.udp(4500, 4500, Frames.esp(0x1000, 1, 60));
    try (PcapWriter writer = new PcapWriter(file)) {
      writer.write(new CapturedFrame(TIME, frame, frame.length, 0));
      writer.write(new CapturedFrame(TIME, Arrays.copyOf(frame, 20), frame.length, 0));
    }

    List<CapturedFrame> frames = PcapReader.read(file);

    assertThat(frames).hasSize(2);
    assertThat(frames.getFirst().time()).isEqualTo(TIME);
    assertThat(frames.getFirst().bytes()).isEqualTo(frame);
    assertThat(frames.getLast().bytes()).hasSize(20);
    assertThat(frames.getLast().length()).isEqualTo(frame.length);
  }

  @Test
  void aBigEndianMicrosecondFileIsRead() throws Exception {
    Path file = folder.resolve("old.pcap");
    Files.write(
        file,
        ByteBuffer.allocate(24 + 16 + 3)
            .putInt(0xa1b2c3d4)
            .putShort((short) 2)
            .putShort((short) 4)
            .putLong(0)
            .putInt(65535)
            .putInt(1)
            .putInt(7)
            .putInt(250_000)
            .putInt(3)
            .putInt(3)
            .put(new byte[] {1, 2, 3})
            .array());

    assertThat(PcapReader.read(file).getFirst().time())
        .isEqualTo(Instant.ofEpochSecond(7, 250_000_000));
  }

  @Test
  void aRecordCutOffByAKilledWriterIsLeftOut() throws Exception {
    Path file = folder.resolve("cut.pcap");
    byte[] frame = new byte[100];
    try (PcapWriter writer = new PcapWriter(file)) {
      writer.write(Frames.captured(frame));
      writer.write(Frames.captured(frame));
    }
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));

    assertThat(PcapReader.read(file)).hasSize(1);
  }

  @Test
  void whatIsNoPcapFileIsRefusedByName() throws Exception {
    Path file = folder.resolve("notes.txt");
    Files.writeString(file, "this is not a capture file at all");

    assertThatThrownBy(() -> PcapReader.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("notes.txt is not a classic pcap file");
  }

  @Test
  void aSuperPacketIsSplitIntoTheDatagramsOfTheWire() {
    byte[] payload =
        ByteBuffer.allocate(150).put(Frames.esp(9000, 1, 100)).put(Frames.esp(9000, 2, 50)).array();
    byte[] bytes = Frames.udp(4500, 4500, payload);

    List<CapturedFrame> frames = Segments.of(new CapturedFrame(TIME, bytes, bytes.length, 100));

    assertThat(frames).hasSize(2);
    IpPacket second = IpPacket.in(frames.getLast().bytes()).orElseThrow();
    assertThat(second.identification()).isEqualTo(2);
    assertThat(second.payload().limit()).isEqualTo(58);
    assertThat(Classifier.udpPayload(second).getInt(4)).isEqualTo(2);
    assertThat(headerSum(frames.getLast().bytes())).isEqualTo(0xffff);
  }

  private static int headerSum(byte[] frame) {
    int sum = 0;
    for (int at = 14; at < 34; at += 2) {
      sum += Short.toUnsignedInt(ByteBuffer.wrap(frame).getShort(at));
    }
    return (sum & 0xffff) + (sum >>> 16);
  }
}
