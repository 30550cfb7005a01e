package io.podseal.crds.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/**
 * Declares an IPsec peer outside of the cluster: checked and kept, not yet sealed with.
 *
 * <p>Like every Fabric8 resource a mutable bean; not safe for use by several threads.
 */
@Group("podseal.io")
@Version("v1alpha1")
@ShortNames("xpeer")
@Categories("podseal")
@AdditionalPrinterColumn(name = "ADDRESS", jsonPath = ".spec.address")
@AdditionalPrinterColumn(name = "FQDN", jsonPath = ".spec.fqdn")
@AdditionalPrinterColumn(
    name = "PROGRAMMED",
    jsonPath = ".status.conditions[?(@.type==\"Programmed\")].status")
@AdditionalPrinterColumn(
    name = "REASON",
    jsonPath = ".status.conditions[?(@.type==\"Programmed\")].reason")
@AdditionalPrinterColumn(
    name = "AGE",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class ExternalPeer extends CustomResource<ExternalPeerSpec, ObjectStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Required
  @Override
  public ExternalPeerSpec getSpec() {
    return super.getSpec();
  }

  @Override
  protected @Nullable ExternalPeerSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable ObjectStatus initStatus() {
    return null;
  }
}
