package io.podseal.controller.control;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.podseal.controller.identity.Admission;
import io.podseal.controller.identity.PodAuthenticator;
import io.podseal.controller.obs.AuditLog;
import io.podseal.controller.obs.ControllerMetrics;
import io.podseal.controller.obs.RepeatGuard;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets in only calls of pods that prove who they are, before any message is read. The same denial
 * of the same caller is audited once in a while; the metric counts all.
 */
final class TokenInterceptor implements ServerInterceptor {
  /** The pod that a call is of. */
  static final Context.Key<Caller> CALLER = Context.key("caller");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String SCHEME = "bearer ";
  private static final Duration AUDITED_AGAIN = Duration.ofSeconds(10);

  private final PodAuthenticator authenticator;
  private final ControllerMetrics metrics;
  private final AuditLog audit;
  private final RepeatGuard repeats;

  TokenInterceptor(
      PodAuthenticator authenticator,
      ControllerMetrics metrics,
      AuditLog audit,
      InstantSource clock) {
    this.authenticator = authenticator;
    this.metrics = metrics;
    this.audit = audit;
    this.repeats = new RepeatGuard(clock, AUDITED_AGAIN);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    var token = bearer(headers);
    var remote = String.valueOf(call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
    var source = address(call);
    return switch (authenticator.admit(token, source)) {
      case Admission.Admitted admitted ->
          Contexts.interceptCall(
              Context.current()
                  .withValue(
                      CALLER,
                      new Caller(
                          admitted.pod(), admitted.node(), admitted.tokenExpiry(), token, remote)),
              call,
              headers,
              next);
      case Admission.Denied denied -> {
        metrics.streamDenied(denied.reason().label());
        var about = about(denied);
        if (repeats.due(source + " " + denied.reason().label() + " " + about)) {
          audit.streamDenied(remote, about, denied.reason().label());
        }
        call.close(Statuses.of(denied.reason()), new Metadata());
        yield new ServerCall.Listener<>() {};
      }
    };
  }

  private static Optional<AuditLog.Who> about(Admission.Denied denied) {
    return denied
        .about()
        .map(bound ->
            new AuditLog.Who(
                bound.namespace() + "/" + bound.podName(),
                bound.podUid(),
                bound.serviceAccount(),
                bound.node()));
  }

  /** Without the port, which every attempt has anew. */
  private static String address(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
            instanceof InetSocketAddress remote
        ? String.valueOf(remote.getAddress())
        : "";
  }

  private static String bearer(Metadata headers) {
    var value = headers.get(AUTHORIZATION);
    return value != null
            && value.length() > SCHEME.length()
            && value.substring(0, SCHEME.length()).toLowerCase(Locale.ROOT).equals(SCHEME)
        ? value.substring(SCHEME.length()).strip()
        : "";
  }
}
