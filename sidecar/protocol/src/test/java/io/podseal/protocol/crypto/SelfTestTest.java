package io.podseal.protocol.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.jdk.JdkCryptoProvider;
import io.podseal.protocol.secret.SecretBytes;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelfTestTest {
  private final CryptoProvider jdk = new JdkCryptoProvider();

  @Test
  void everythingOfTheJdkWorks() {
    assertThat(failed(jdk)).isEmpty();
  }

  @Test
  void anAlgorithmIsTestedWhenItIsAskedForAndOnce() {
    List<Algorithm> failures = new ArrayList<>();
    CryptoProvider broken = throwingFor(KeyExchangeMethod.P256);
    SelfTest test = new SelfTest(broken, failures::add);

    assertThat(test.includes(KeyExchangeMethod.X25519)).isTrue();
    assertThat(failures).isEmpty();
    assertThat(test.includes(KeyExchangeMethod.P256)).isFalse();
    assertThat(test.includes(KeyExchangeMethod.P256)).isFalse();
    assertThat(failures).containsExactly(KeyExchangeMethod.P256);
  }

  private static List<String> failed(CryptoProvider provider) {
    List<String> failures = new ArrayList<>();
    SelfTest test = new SelfTest(provider, algorithm -> failures.add(algorithm.name()));
    long working = Algorithm.all().stream().filter(test::includes).count();
    assertThat(working + failures.size()).isEqualTo(Algorithm.all().size());
    return failures;
  }

  @ParameterizedTest
  @EnumSource
  void aCipherThatThrowsIsTheOnlyOneMissing(EncryptionAlgorithm broken) {
    assertThat(failed(throwingFor(broken))).containsExactly(broken.name());
  }

  @ParameterizedTest
  @EnumSource
  void aKeyExchangeThatThrowsIsTheOnlyOneMissing(KeyExchangeMethod broken) {
    assertThat(failed(throwingFor(broken))).containsExactly(broken.name());
  }

  @ParameterizedTest
  @EnumSource
  void aKeyExchangeWhoseSecretIsNotThatOfTheGroupIsFound(KeyExchangeMethod broken) {
    SecretBytes wrong = SecretBytes.adopt(new byte[broken.sharedSecretLength()]);
    CryptoProvider both =
        changed((call, result) ->
            result instanceof KeyExchange exchange && exchange.method() == broken
                ? new FixedSecret(exchange, wrong.copy())
                : call.isRespond(broken)
                    ? ((Optional<?>) result)
                        .map(KeyExchangeResponse.class::cast)
                        .map(r -> new KeyExchangeResponse(r.publicValue(), wrong.copy()))
                    : result);

    // Both halves agree with each other, and with nobody else.
    assertThat(failed(both)).containsExactly(broken.name());
  }

  @Test
  void aCiphertextWithOneWrongBitIsFound() {
    for (EncryptionAlgorithm broken : EncryptionAlgorithm.values()) {
      CryptoProvider wrong =
          changed((call, result) ->
              result instanceof Aead aead && call.isFor(broken)
                  ? wrap(Aead.class, aead, (c, r) -> spoil(c, r, 6, 7))
                  : result instanceof Cbc cbc && call.isFor(broken)
                      ? wrap(Cbc.class, cbc, (c, r) -> spoil(c, r, 5, 6))
                      : result);
      assertThat(failed(wrong)).containsExactly(broken.name());
    }
  }

  private static Object spoil(Call call, Object result, int out, int offset) {
    if (call.name.equals("seal") || call.name.equals("encrypt")) {
      ((byte[]) call.arguments[out])[(Integer) call.arguments[offset] + 3] ^= 1;
    }
    return result;
  }

  @Test
  void anAeadThatOpensForgeriesIsFound() {
    CryptoProvider credulous =
        changed((call, result) ->
            result instanceof Aead aead && call.isFor(EncryptionAlgorithm.AES_GCM_16_256)
                ? wrap(Aead.class, aead, (c, r) -> c.name.equals("open") ? Integer.valueOf(16) : r)
                : result);

    assertThat(failed(credulous)).containsExactly(EncryptionAlgorithm.AES_GCM_16_256.name());
  }

  @Test
  void aMacThatBelievesEverythingIsFound() {
    for (IntegrityAlgorithm broken : IntegrityAlgorithm.values()) {
      CryptoProvider credulous =
          changed((call, result) ->
              result instanceof Mac mac && call.isFor(broken)
                  ? wrap(Mac.class, mac, (c, r) -> c.name.equals("verify") ? true : r)
                  : result);
      assertThat(failed(credulous)).containsExactly(broken.name());
    }
  }

  @Test
  void aPrfThatIgnoresItsKeyIsFound() {
    for (PrfAlgorithm broken : PrfAlgorithm.values()) {
      CryptoProvider wrong =
          changed((call, result) ->
              result instanceof Prf prf && call.isFor(broken)
                  ? wrap(
                      Prf.class,
                      prf,
                      (c, r) ->
                          c.name.equals("apply") ? prf.apply(SecretBytes.adopt(new byte[0])) : r)
                  : result);
      assertThat(failed(wrong)).containsExactly(broken.name());
    }
  }

  private record FixedSecret(KeyExchange behind, SecretBytes secret) implements KeyExchange {
    @Override
    public KeyExchangeMethod method() {
      return behind.method();
    }

    @Override
    public byte[] publicValue() {
      return behind.publicValue();
    }

    @Override
    public Optional<SecretBytes> sharedSecret(byte[] responderValue) {
      return Optional.of(secret.copy());
    }

    @Override
    public void destroy() {
      behind.destroy();
    }
  }

  private static final class Call {
    final String name;
    final Object[] arguments;

    Call(String name, Object[] arguments) {
      this.name = name;
      this.arguments = arguments;
    }

    boolean isFor(Object algorithm) {
      return Arrays.asList(arguments).contains(algorithm);
    }

    boolean isRespond(KeyExchangeMethod method) {
      return name.equals("respond") && isFor(method);
    }
  }

  private CryptoProvider throwingFor(Object algorithm) {
    return changed((call, result) -> {
      if (call.isFor(algorithm)) {
        throw new IllegalStateException("broken");
      }
      return result;
    });
  }

  private CryptoProvider changed(BiFunction<Call, Object, Object> change) {
    return wrap(CryptoProvider.class, jdk, change);
  }

  private static <T> T wrap(Class<T> port, T behind, BiFunction<Call, Object, Object> change) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, args) -> {
              try {
                Object[] arguments = args == null ? new Object[0] : args;
                return change.apply(
                    new Call(method.getName(), arguments), method.invoke(behind, args));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
