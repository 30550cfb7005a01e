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
 * Declares that all traffic between two sets of pods is sealed.
 *
 * <p>Like every Fabric8 resource a mutable bean; not safe for use by several threads.
 */
@Group("podseal.io")
@Version("v1alpha1")
@ShortNames("peering")
@Categories("podseal")
@AdditionalPrinterColumn(
    name = "READY",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status")
@AdditionalPrinterColumn(name = "PAIRS", jsonPath = ".status.pairs.summary")
@AdditionalPrinterColumn(name = "MODE", jsonPath = ".spec.mode")
@AdditionalPrinterColumn(
    name = "REASON",
    priority = 1,
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason")
@AdditionalPrinterColumn(
    name = "AGE",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class SecurePeering extends CustomResource<SecurePeeringSpec, SecurePeeringStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Required
  @Override
  public SecurePeeringSpec getSpec() {
    return super.getSpec();
  }

  @Override
  protected @Nullable SecurePeeringSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable SecurePeeringStatus initStatus() {
    return null;
  }
}
