package io.podseal.sidecar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A fixed piece of memory outside the heap that system calls read and write. Used by one thread at
 * a time; freed when nobody refers to it.
 */
public final class NativeBuffer {
  private final MemorySegment segment;
  private final long address;
  private final int capacity;

  public NativeBuffer(int capacity) {
    this.segment = Arena.ofAuto().allocate(capacity, Long.BYTES);
    this.address = segment.address();
    this.capacity = capacity;
  }

  public int capacity() {
    return capacity;
  }

  /** Copies {@code length} octets from the start of this buffer into the heap. */
  public void read(byte[] target, int offset, int length) {
    MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, target, offset, length);
  }

  /** Copies {@code length} octets from the heap to {@code at}. */
  public void write(int at, byte[] source, int offset, int length) {
    MemorySegment.copy(source, offset, segment, ValueLayout.JAVA_BYTE, at, length);
  }

  /** Address for a system call over {@code length} octets. */
  long address(int length) {
    Objects.checkFromIndexSize(0, length, capacity);
    return address;
  }

  MemorySegment segment() {
    return segment;
  }
}
