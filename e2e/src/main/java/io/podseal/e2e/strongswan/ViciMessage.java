package io.podseal.e2e.strongswan;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages of strongSwan's control interface: sections as maps, lists of texts as lists, values as
 * texts or octets.
 */
final class ViciMessage {
  private static final int SECTION_START = 1;
  private static final int SECTION_END = 2;
  private static final int KEY_VALUE = 3;
  private static final int LIST_START = 4;
  private static final int LIST_ITEM = 5;
  private static final int LIST_END = 6;

  private ViciMessage() {}

  static byte[] encode(Map<String, ?> message) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(octets)) {
      section(message, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return octets.toByteArray();
  }

  private static void section(Map<?, ?> section, DataOutputStream out) throws IOException {
    for (Map.Entry<?, ?> entry : section.entrySet()) {
      String name = (String) entry.getKey();
      switch (entry.getValue()) {
        case Map<?, ?> inner -> {
          named(SECTION_START, name, out);
          section(inner, out);
          out.writeByte(SECTION_END);
        }
        case List<?> items -> {
          named(LIST_START, name, out);
          for (Object item : items) {
            out.writeByte(LIST_ITEM);
            value(item, out);
          }
          out.writeByte(LIST_END);
        }
        case Object one -> {
          named(KEY_VALUE, name, out);
          value(one, out);
        }
      }
    }
  }

  private static void named(int type, String name, DataOutputStream out) throws IOException {
    byte[] octets = name.getBytes(StandardCharsets.UTF_8);
    out.writeByte(type);
    out.writeByte(octets.length);
    out.write(octets);
  }

  private static void value(Object value, DataOutputStream out) throws IOException {
    byte[] octets =
        value instanceof byte[] raw ? raw : value.toString().getBytes(StandardCharsets.UTF_8);
    out.writeShort(octets.length);
    out.write(octets);
  }

  /** The message in {@code octets}, every value as text. */
  static Map<String, Object> decode(byte[] octets) {
    try {
      ByteBuffer in = ByteBuffer.wrap(octets);
      Map<String, Object> message = new LinkedHashMap<>();
      while (in.hasRemaining()) {
        element(in.get(), in, message);
      }
      return message;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("a message of the control interface is cut short", e);
    }
  }

  private static void element(int type, ByteBuffer in, Map<String, Object> into) {
    String name = text(in, in.get() & 0xff);
    switch (type) {
      case SECTION_START -> {
        Map<String, Object> inner = new LinkedHashMap<>();
        for (int next = in.get(); next != SECTION_END; next = in.get()) {
          element(next, in, inner);
        }
        into.put(name, inner);
      }
      case KEY_VALUE -> into.put(name, text(in, in.getShort() & 0xffff));
      case LIST_START -> {
        List<String> items = new ArrayList<>();
        for (int next = in.get(); next == LIST_ITEM; next = in.get()) {
          items.add(text(in, in.getShort() & 0xffff));
        }
        into.put(name, items);
      }
      default -> throw new IllegalArgumentException("element of type " + type);
    }
  }

  private static String text(ByteBuffer in, int length) {
    byte[] octets = new byte[length];
    in.get(octets);
    return new String(octets, StandardCharsets.UTF_8);
  }
}
