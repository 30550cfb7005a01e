/**
 * A real Kubernetes API server: etcd and kube-apiserver of the kit, or the cluster of KUBECONFIG.
 */
@NullMarked
package io.podseal.e2e.kube;

import org.jspecify.annotations.NullMarked;
