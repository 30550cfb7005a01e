package io.podseal.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.podseal.protocol.crypto.Algorithm;
import io.podseal.protocol.crypto.CryptoProvider;
import io.podseal.protocol.crypto.KeyExchangeMethod;
import io.podseal.sidecar.jca.SidecarCrypto;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class StartUpSelfTestTest {
  @Test
  void everyAlgorithmIsTestedWithoutBeingAskedFor() throws InterruptedException {
    Set<Object> asked = new HashSet<>();
    StartUpSelfTest.begin(watched(asked::add)).await();

    assertThat(asked).containsAll(Algorithm.all());
  }

  @Test
  void whatFailsIsLeftOutAndEverythingElseIsNot() throws InterruptedException {
    CryptoProvider broken =
        watched(algorithm -> {
          if (algorithm == KeyExchangeMethod.P384) {
            throw new IllegalStateException("broken");
          }
        });
    StartUpSelfTest test = StartUpSelfTest.begin(broken);
    test.await();

    assertThat(Algorithm.all())
        .filteredOn(algorithm -> !test.includes(algorithm))
        .isEqualTo(List.of(KeyExchangeMethod.P384));
  }

  /** The sidecar's crypto; each algorithm that it is asked for is shown first. */
  private static CryptoProvider watched(Consumer<Object> shown) {
    CryptoProvider real = new SidecarCrypto();
    return (CryptoProvider)
        Proxy.newProxyInstance(
            CryptoProvider.class.getClassLoader(),
            new Class<?>[] {CryptoProvider.class},
            (proxy, method, args) -> {
              Arrays.stream(args).filter(Algorithm.class::isInstance).forEach(shown);
              try {
                return method.invoke(real, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
