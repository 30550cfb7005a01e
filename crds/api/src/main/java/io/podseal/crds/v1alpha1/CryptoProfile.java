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
 * Algorithms and lifetimes that peerings of its namespace refer to by name.
 *
 * <p>Like every Fabric8 resource a mutable bean; not safe for use by several threads.
 */
@Group("podseal.io")
@Version("v1alpha1")
@ShortNames("cprof")
@Categories("podseal")
@AdditionalPrinterColumn(name = "ENCRYPTION", jsonPath = ".spec.encryption")
@AdditionalPrinterColumn(name = "CHILD-LIFETIME", jsonPath = ".spec.childLifetime")
@AdditionalPrinterColumn(
    name = "ACCEPTED",
    jsonPath = ".status.conditions[?(@.type==\"Accepted\")].status")
@AdditionalPrinterColumn(
    name = "AGE",
    type = AdditionalPrinterColumn.Type.DATE,
    jsonPath = ".metadata.creationTimestamp")
public class CryptoProfile extends CustomResource<CryptoProfileSpec, ObjectStatus>
    implements Namespaced {
  private static final long serialVersionUID = 1L;

  @Required
  @Override
  public CryptoProfileSpec getSpec() {
    return super.getSpec();
  }

  @Override
  protected @Nullable CryptoProfileSpec initSpec() {
    return null;
  }

  @Override
  protected @Nullable ObjectStatus initStatus() {
    return null;
  }
}
