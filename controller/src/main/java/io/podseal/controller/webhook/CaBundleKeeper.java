package io.podseal.controller.webhook;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the CA of the webhook's certificate in the MutatingWebhookConfiguration, whoever takes it
 * out again: with a wrong one, no pod of an opted-in namespace can be created.
 *
 * <p>Works on the informer's thread, which may block on the API server, and on callers of {@link
 * #mend}; of two that patch at once the API server refuses one.
 */
public final class CaBundleKeeper implements AutoCloseable {
  /** Name of the configuration. */
  public static final String NAME = "podseal-injector";

  private static final Logger LOG = Logger.getLogger("podseal.webhook");
  private static final JsonMapper JSON = new JsonMapper();

  /** Also looked at without a change, for patches that failed. */
  private static final long RESYNC_MILLIS = 10_000;

  private final KubernetesClient client;
  private final Supplier<String> pem;
  private final Runnable mended;
  private final SharedIndexInformer<MutatingWebhookConfiguration> informer;
  private volatile @Nullable String said;

  /**
   * Starts at once.
   *
   * @param pem all CAs that are to be trusted now
   * @param mended called when it had to be written
   */
  public CaBundleKeeper(KubernetesClient client, Supplier<String> pem, Runnable mended) {
    this.client = client;
    this.pem = pem;
    this.mended = mended;
    this.informer =
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName(NAME)
            .runnableInformer(RESYNC_MILLIS)
            .addEventHandler(new Handler());
    informer.exceptionHandler((started, failure) -> true);
    var _ = informer.start();
  }

  /** Whether the API server trusts exactly {@code pem}, as far as was seen. */
  public boolean holds(String pem) {
    var wanted = encoded(pem);
    return informer.hasSynced()
        && informer.getStore().list().stream()
            .allMatch(configuration -> patch(configuration, wanted).isEmpty());
  }

  /** Looks now; after the CA changed. */
  public void mend() {
    informer.getStore().list().forEach(this::keep);
  }

  @Override
  public void close() {
    informer.close();
  }

  private static String encoded(String pem) {
    return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
  }

  private static ArrayNode patch(MutatingWebhookConfiguration configuration, String bundle) {
    var patch = JSON.createArrayNode();
    var webhooks = configuration.getWebhooks();
    for (int i = 0; i < webhooks.size(); i++) {
      var client = webhooks.get(i).getClientConfig();
      if (client != null && !bundle.equals(client.getCaBundle())) {
        patch
            .addObject()
            .put("op", "add")
            .put("path", "/webhooks/" + i + "/clientConfig/caBundle")
            .put("value", bundle);
      }
    }
    return patch;
  }

  private void keep(MutatingWebhookConfiguration configuration) {
    var patch = patch(configuration, encoded(pem.get()));
    if (patch.isEmpty()) {
      return;
    }
    // A webhook inserted meanwhile must not get another's bundle.
    patch
        .insertObject(0)
        .put("op", "test")
        .put("path", "/metadata/resourceVersion")
        .put("value", configuration.getMetadata().getResourceVersion());
    try {
      client
          .admissionRegistration()
          .v1()
          .mutatingWebhookConfigurations()
          .withName(NAME)
          .patch(PatchContext.of(PatchType.JSON), patch.toString());
      LOG.infof("wrote the CA into MutatingWebhookConfiguration %s", NAME);
      said = null;
      mended.run();
    } catch (KubernetesClientException e) {
      // A conflict brings an event of its own; anything else is tried again at the next resync.
      if (e.getCode() != 409 && e.getCode() != 422 && !String.valueOf(e.getCode()).equals(said)) {
        said = String.valueOf(e.getCode());
        LOG.errorf(
            "cannot write the CA into MutatingWebhookConfiguration %s (HTTP %d): until then no pod"
                + " of an opted-in namespace can be created; see kubectl auth can-i patch"
                + " mutatingwebhookconfigurations/%s --as the controller's service account",
            NAME, e.getCode(), NAME);
      }
    }
  }

  private final class Handler implements ResourceEventHandler<MutatingWebhookConfiguration> {
    @Override
    public void onAdd(MutatingWebhookConfiguration added) {
      keep(added);
    }

    @Override
    public void onUpdate(MutatingWebhookConfiguration before, MutatingWebhookConfiguration after) {
      keep(after);
    }

    @Override
    public void onDelete(MutatingWebhookConfiguration deleted, boolean stale) {
      LOG.warnf(
          "MutatingWebhookConfiguration %s was deleted: new pods get no sidecar; helm upgrade brings"
              + " it back",
          NAME);
    }
  }
}
