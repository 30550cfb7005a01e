package io.podseal.protocol.crypto;

/** Key exchange methods (transform type 4) by their IANA numbers; lengths in octets. */
public enum KeyExchangeMethod {
  X25519(31, 32, 32);

  private final int id;
  private final int requestLength;
  private final int responseLength;

  KeyExchangeMethod(int id, int requestLength, int responseLength) {
    this.id = id;
    this.requestLength = requestLength;
    this.responseLength = responseLength;
  }

  public int id() {
    return id;
  }

  public int requestLength() {
    return requestLength;
  }

  public int responseLength() {
    return responseLength;
  }
}
