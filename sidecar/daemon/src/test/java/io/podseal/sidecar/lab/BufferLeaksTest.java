package io.podseal.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class BufferLeaksTest {
  private static void leak() {
    ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(16);
    buffer.writeByte(1);
  }

  @Test
  void aBufferThatNobodyReleasesIsNamedWithItsPlace() {
    leak();
    assertThat(BufferLeaks.found()).anyMatch(found -> found.contains("BufferLeaksTest.leak"));
    assertThat(BufferLeaks.found()).isEmpty();
  }
}
