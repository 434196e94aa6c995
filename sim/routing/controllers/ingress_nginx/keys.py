"""All keys of the controller's ConfigMap: those that are modelled stand in `configuration`, the others here.

The harmless ones are about logs, tracing, ciphers, sizes, headers of an answer and tuning: they decide
neither where a request goes nor who answers it. A key that stands nowhere has no effect.
Source: internal/ingress/controller/config/config.go, internal/ingress/defaults/main.go and
template/configmap.go, from nginx-0.30.0 to controller-v1.15.1.
"""

from sim.routing.controllers.ingress_nginx.configuration import READ
from sim.routing.controllers.settings import names

UNMODELLED = names(
    """
    bind-address block-referers block-user-agents enable-modsecurity enable-owasp-modsecurity-crs
    enable-underscores-in-headers global-auth-snippet global-auth-url http-snippet
    ignore-invalid-headers location-snippet main-snippet modsecurity-snippet plugins server-snippet
    stream-snippet
    """
)
"""Keys that may change an answer."""

HARMLESS = names(
    """
    access-log-params access-log-path add-headers allow-backend-server-header
    allow-cross-namespace-resources app-root brotli-level brotli-min-length brotli-types
    client-body-buffer-size client-body-timeout client-header-buffer-size client-header-timeout
    compute-full-forwarded-for datadog-collector-host datadog-collector-port datadog-environment
    datadog-operation-name-override datadog-priority-sampling datadog-sample-rate datadog-service-name
    debug-connections default-type disable-access-log disable-http-access-log disable-ipv6
    disable-ipv6-dns disable-proxy-intercept-errors disable-stream-access-log
    enable-access-log-for-default-backend enable-aio-write enable-auth-access-log enable-brotli
    enable-influxdb enable-multi-accept enable-ocsp enable-opentelemetry enable-opentracing
    enable-serial-reloads enable-syslog error-log-level error-log-path
    forwarded-for-proxy-protocol-header forwarded-host-header generate-request-id
    geoip2-autoreload-in-minutes global-allowed-response-headers global-auth-always-set-cookie
    global-auth-cache-duration global-auth-cache-key global-auth-method global-auth-request-redirect
    global-auth-response-headers global-auth-signin global-auth-signin-redirect-param
    global-rate-limit-memcached-connect-timeout global-rate-limit-memcached-host
    global-rate-limit-memcached-max-idle-timeout global-rate-limit-memcached-pool-size
    global-rate-limit-memcached-port global-rate-limit-status-code grpc-buffer-size-kb gzip-disable
    gzip-level gzip-min-length gzip-types hide-headers hsts-include-subdomains hsts-max-age hsts-preload
    http-access-log-path http2-max-concurrent-streams http2-max-field-size http2-max-header-size
    http2-max-requests jaeger-baggage-header jaeger-collector-host jaeger-collector-port
    jaeger-debug-header jaeger-endpoint jaeger-propagation-format jaeger-sampler-host
    jaeger-sampler-param jaeger-sampler-port jaeger-sampler-type jaeger-service-name
    jaeger-trace-context-header-name jaeger-tracer-baggage-header-prefix large-client-header-buffers
    limit-conn-zone-variable limit-rate limit-rate-after log-format-escape-json log-format-escape-none
    log-format-stream log-format-upstream lua-shared-dicts map-hash-bucket-size max-worker-connections
    max-worker-open-files nginx-status-ipv4-whitelist nginx-status-ipv6-whitelist no-auth-locations
    opentelemetry-config opentelemetry-operation-name opentelemetry-trust-incoming-span
    opentracing-location-operation-name opentracing-operation-name opentracing-trust-incoming-span
    otel-max-export-batch-size otel-max-queuesize otel-sampler otel-sampler-parent-based
    otel-sampler-ratio otel-schedule-delay-millis otel-service-name otlp-collector-host
    otlp-collector-port proxy-add-original-uri-header proxy-buffer-size proxy-buffering
    proxy-buffers-number proxy-busy-buffers-size proxy-cookie-domain proxy-cookie-path
    proxy-headers-hash-bucket-size proxy-headers-hash-max-size proxy-http-version
    proxy-max-temp-file-size proxy-protocol-header-timeout proxy-redirect-from proxy-redirect-to
    proxy-request-buffering proxy-send-timeout proxy-set-headers proxy-ssl-location-only
    proxy-stream-next-upstream proxy-stream-next-upstream-timeout proxy-stream-next-upstream-tries
    proxy-stream-responses proxy-stream-timeout reuse-port server-name-hash-bucket-size
    server-name-hash-max-size server-tokens skip-access-log-urls ssl-buffer-size ssl-ciphers
    ssl-dh-param ssl-early-data ssl-ecdh-curve ssl-protocols ssl-session-cache ssl-session-cache-size
    ssl-session-ticket-key ssl-session-tickets ssl-session-timeout stream-access-log-path syslog-host
    syslog-port upstream-hash-by upstream-hash-by-subset upstream-hash-by-subset-size
    upstream-keepalive-connections upstream-keepalive-requests upstream-keepalive-time
    upstream-keepalive-timeout use-geoip use-geoip2 use-gzip use-http2 variables-hash-bucket-size
    variables-hash-max-size worker-cpu-affinity worker-shutdown-timeout
    zipkin-collector-host zipkin-collector-port zipkin-sample-rate zipkin-service-name
    """
)
"""Keys that no request meets, or only what it carries."""

KNOWN = UNMODELLED | HARMLESS | frozenset(READ)
"""Keys that some version of the controller reads."""
