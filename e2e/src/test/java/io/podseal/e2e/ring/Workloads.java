package io.podseal.e2e.ring;

import java.time.Duration;

/** The YAML of what the tests deploy; every application serves HTTP on 8080 and iperf3 on 5201. */
final class Workloads {
  /** What the web server answers. */
  static final String PAGE = "the ledger of all orders, in plain words";

  /** How long {@link #lastWords} may take to end. */
  static final Duration GRACE = Duration.ofSeconds(20);

  /** How long {@link #unscheduled} may take to end. */
  static final Duration UNSCHEDULED_GRACE = Duration.ofSeconds(30);

  private static final String CONTAINER =
      """
      name: app
      image: podseal.local/tools:1
      imagePullPolicy: Never
      command: [/bin/sh, -c]
      args: ["mkdir -p /tmp/www && echo '%s' > /tmp/www/index.html && iperf3 -s -D && exec httpd -f -p 8080 -h /tmp/www"]
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
      livenessProbe: {httpGet: {path: /index.html, port: http}, periodSeconds: 2, failureThreshold: 2}
      """
          .formatted(PAGE);

  private Workloads() {}

  static String deployment(String namespace, String app, int replicas) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %2$s, namespace: %1$s}
    spec:
      replicas: %3$d
      selector: {matchLabels: {app: %2$s}}
      template:
        metadata: {labels: {app: %2$s}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            -
    %4$s
    """
        .formatted(namespace, app, replicas, CONTAINER.indent(10).stripTrailing());
  }

  /** A pod without an owner, with the same container. */
  static String pod(String namespace, String name, String app) {
    return pod(namespace, name, app, "");
  }

  /** The same, with {@code annotations}. */
  static String pod(String namespace, String name, String app, String annotations) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %2$s, namespace: %1$s, labels: {app: %3$s}, annotations: {%5$s}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        -
    %4$s
    """
        .formatted(namespace, name, app, CONTAINER.indent(6).stripTrailing(), annotations);
  }

  /** A pod that is admitted, but not started until its scheduling gate is removed. */
  static String unscheduled(String namespace, String name) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %2$s, namespace: %1$s, labels: {app: %2$s}}
    spec:
      schedulingGates: [{name: podseal.io/test}]
      terminationGracePeriodSeconds: %3$d
      containers:
        -
    %4$s
    """
        .formatted(
            namespace, name, UNSCHEDULED_GRACE.toSeconds(), CONTAINER.indent(6).stripTrailing());
  }

  /** On the node's network, which nobody seals. */
  static String onTheNode(String namespace, String app) {
    return """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: %2$s, namespace: %1$s}
    spec:
      selector: {matchLabels: {app: %2$s}}
      template:
        metadata: {labels: {app: %2$s}}
        spec:
          hostNetwork: true
          terminationGracePeriodSeconds: 1
          containers:
            - name: app
              image: podseal.local/tools:1
              imagePullPolicy: Never
              command: [sleep, "100000"]
    """
        .formatted(namespace, app);
  }

  /** A pod that, told to end, waits 3 s and then prints the page of {@code host}. */
  static String lastWords(String namespace, String app, String host) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %2$s, namespace: %1$s, labels: {app: %2$s}}
    spec:
      terminationGracePeriodSeconds: %4$d
      containers:
        - name: app
          image: podseal.local/tools:1
          imagePullPolicy: Never
          command: [/bin/sh, -c]
          args:
            - |
              end() { sleep 3; echo "last words: $(curl -sS --max-time 10 http://%3$s:8080/ 2>&1)"; exit; }
              trap end TERM
              while :; do sleep 1 & wait; done
    """
        .formatted(namespace, app, host, GRACE.toSeconds());
  }

  static String statefulSet(String namespace, String app, int replicas) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %2$s, namespace: %1$s}
    spec: {clusterIP: None, selector: {app: %2$s}, ports: [{port: 8080}]}
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: {name: %2$s, namespace: %1$s}
    spec:
      serviceName: %2$s
      replicas: %3$d
      podManagementPolicy: Parallel
      selector: {matchLabels: {app: %2$s}}
      template:
        metadata: {labels: {app: %2$s}}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            -
    %4$s
    """
        .formatted(namespace, app, replicas, CONTAINER.indent(10).stripTrailing());
  }

  static String service(String namespace, String app) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %2$s, namespace: %1$s}
    spec: {selector: {app: %2$s}, ports: [{port: 80, targetPort: http}]}
    """
        .formatted(namespace, app);
  }

  /** Every port, from pods with {@code app: from} to pods with {@code app: to}. */
  static String peering(String namespace, String from, String to) {
    return """
    apiVersion: podseal.io/v1alpha1
    kind: SecurePeering
    metadata: {name: %2$s-to-%3$s, namespace: %1$s}
    spec:
      from: {podSelector: {matchLabels: {app: %2$s}}}
      to: [{podSelector: {matchLabels: {app: %3$s}}}]
    """
        .formatted(namespace, from, to);
  }

  /** To pods of another namespace, which must grant it. */
  static String peering(String namespace, String from, String toNamespace, String to) {
    return """
    apiVersion: podseal.io/v1alpha1
    kind: SecurePeering
    metadata: {name: %2$s-to-%4$s, namespace: %1$s}
    spec:
      from: {podSelector: {matchLabels: {app: %2$s}}}
      to:
        - podSelector: {matchLabels: {app: %4$s}}
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %3$s}}
    """
        .formatted(namespace, from, toNamespace, to);
  }

  static String grant(String namespace, String fromNamespace, String app) {
    return """
    apiVersion: podseal.io/v1alpha1
    kind: PeeringGrant
    metadata: {name: from-%2$s, namespace: %1$s}
    spec:
      from: [{namespace: %2$s}]
      to: {podSelector: {matchLabels: {app: %3$s}}}
    """
        .formatted(namespace, fromNamespace, app);
  }

  /** Fetches {@code host} in an init container, then in its container, and ends. */
  static String job(String namespace, String app, String host) {
    return """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: %2$s, namespace: %1$s}
    spec:
      backoffLimit: 0
      template:
        metadata: {labels: {app: %2$s}}
        spec:
          restartPolicy: Never
          initContainers:
            - name: first
              image: podseal.local/tools:1
              imagePullPolicy: Never
              command: [curl, -sS, --max-time, "20", "http://%3$s/"]
          containers:
            - name: app
              image: podseal.local/tools:1
              imagePullPolicy: Never
              command: [curl, -sS, --max-time, "20", "http://%3$s/"]
    """
        .formatted(namespace, app, host);
  }
}
