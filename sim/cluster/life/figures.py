"""Every figure of a cluster's life, with its range, unit, source and date: the only place where they stand.

`FIGURES` holds single figures by their id, `SETTINGS` defaults that belong together. A typical figure that is
None is no limit; an open end of a range is None. Confidence: high, read in an official page or in source;
medium, from others or from users' measurements; low, assumed. Whoever needs a figure asks here, faults too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Bound = float | None


@dataclass(frozen=True)
class CitedFigure:
    """One figure.

    Args:
        typical: the default; several where several belong to one thing, in the order of `what`.
        least, most: what is seen, or allowed.
        seen: date, or version with its date, of what was read; empty: from memory.
    """

    id: str
    typical: float | tuple[float, ...] | None
    least: Bound
    most: Bound
    unit: str
    confidence: str
    what: str
    source: str
    seen: str = ""

    @property
    def value(self) -> float:
        """The typical figure, where it is one."""
        if not isinstance(self.typical, int | float):
            raise TypeError(f"{self.id} is not one number")
        return float(self.typical)


@dataclass(frozen=True)
class DefaultSettings:
    """Defaults that belong together, by name."""

    id: str
    values: Mapping[str, Any]
    unit: str
    confidence: str
    what: str
    source: str
    seen: str = ""


_K8S, _PROXY = "kubernetes/kubernetes ", "kubernetes/kubernetes pkg/proxy/apis/config/v1alpha1/defaults.go"
_NGINX, _LBC = "kubernetes/ingress-nginx ", "kubernetes-sigs/aws-load-balancer-controller "

# fmt: off
ALL: tuple[CitedFigure, ...] = (
    # Propagation: from a change to those who act on it.
    CitedFigure("slice-controller-batch", 0, 0, 1, "s", "high",
        "EndpointSlice controller: wait before it writes; 10 to 200 ms of work and round trips come on top",
        f"{_K8S}cmd/kube-controller-manager, --endpointslice-updates-batch-period", "2026-11"),
    CitedFigure("kube-proxy-min-sync", 1, 0, 10, "s", "high",
        "kube-proxy, iptables: least time between two syncs; after a quiet second a change is written "
        "at once", _PROXY, "2026-11"),
    CitedFigure("kube-proxy-nftables-min-sync", 1, 0, 10, "s", "medium",
        "kube-proxy, nftables: least time between two syncs", _PROXY),
    CitedFigure("kube-proxy-ipvs-min-sync", 0, 0, 1, "s", "medium",
        "kube-proxy, IPVS: least time between two syncs; later releases have 1 s", _PROXY, "2026-11"),
    CitedFigure("kube-proxy-sync", 30, 30, 30, "s", "high",
        "kube-proxy: a full sync, whatever happens", _PROXY,
        "2026-11"),
    CitedFigure("kubelet-status", 1, 0, 1, "s", "medium", "kubelet: sees that a container has ended",
        f"{_K8S}pkg/kubelet, relist period of the PLEG"),
    CitedFigure("ingress-nginx-sync-rate", 0.3, 0.3, 0.3, "1/s", "high",
        "ingress-nginx: syncs per second at most",
        f"{_NGINX}pkg/flags/flags.go", "dbb11b92, 2026-03"),
    CitedFigure("ingress-nginx-lua-sync", 1, 0, 1, "s", "high",
        "ingress-nginx: workers take new endpoints, without a reload",
        f"{_NGINX}rootfs/etc/nginx/lua/balancer.lua, BACKENDS_SYNC_INTERVAL", "dbb11b92, 2026-03"),
    CitedFigure("ingress-nginx-worker-shutdown", 240, 0, 240, "s", "high",
        "ingress-nginx: old workers live after a reload; idle kept connections close at once",
        f"{_NGINX}internal/ingress/controller/config/config.go", "dbb11b92, 2026-03"),
    CitedFigure("ingress-nginx-own-shutdown", 300, 0, 300, "s", "high",
        "ingress-nginx: grace period of its own Pod; /wait-shutdown in preStop sends SIGTERM itself "
        "and waits", f"{_NGINX}charts/ingress-nginx/values.yaml; pkg/flags/flags.go", "dbb11b92, 2026-03"),
    CitedFigure("haproxy-sync", 5, 0, 5, "s", "high", "HAProxy's controller: time between two syncs",
        "kubernetes-ingress of HAProxy Technologies, pkg/utils/flags.go, sync-period", "fc120676, 2026-07"),
    CitedFigure("traefik-throttle", 2, 2, 2, "s", "high", "Traefik: least time between two configurations",
        "traefik/traefik docs, providers.providersThrottleDuration", "fd5a576d, 2026-07"),
    CitedFigure("traefik-stop", (0, 10), 0, None, "s", "high",
        "Traefik: goes on accepting; then time for running requests",
        "traefik/traefik docs, entryPoints transport.lifeCycle", "fd5a576d, 2026-07"),
    CitedFigure("istio-debounce", 0.1, 0.1, 10, "s", "high",
        "istiod: waits for quiet before it pushes, endpoints too", "istio/istio pilot/pkg/features/tuning.go",
        "86c9f01f, 2026-08"),
    CitedFigure("istio-drain", 5, 5, 5, "s", "high", "Istio's proxy drains for",
        "istio/istio pkg/config/mesh/mesh.go, TerminationDrainDuration", "86c9f01f, 2026-08"),
    CitedFigure("envoy-xds", 0.05, 0.001, 0.5, "s", "low",
        "Envoy: from a message with endpoints to their use",
        "assumed", "2026-11"),
    CitedFigure("aws-deregistration-delay", 300, 0, 3600, "s", "high",
        "AWS target group: draining lasts; an ALB sends nothing new from the start",
        f"{_LBC}docs; AWS user guide", "2026-11"),
    CitedFigure("aws-alb-targets", 15, 5, 25, "s", "medium",
        "AWS ALB, Pods as targets: until a new one gets requests, or one that is deregistered gets none; "
        "the wait of its controller, of the API and of the ALB's own machines",
        f"{_LBC}issues 1064 (5 s were too few, 25 s were enough) and 1719 (about 10 s for the API)", "2021"),
    CitedFigure("aws-nlb-still-new", 120, 90, 180, "s", "medium",
        "AWS NLB: new connections after deregistration, whatever its delay says",
        f"{_LBC}issues 2366 and 3270, users' measurements", "2024"),
    CitedFigure("aws-nlb-registration", 90, 40, 300, "s", "medium",
        "AWS NLB, Pods as targets: until a new target gets traffic; the readiness gate holds a "
        "roll-out for it", f"{_LBC}issues 1080 and 1834", "2022"),
    CitedFigure("aws-nlb-after-unhealthy", 35, 30, 40, "s", "medium",
        "AWS NLB: still sends after a target is unhealthy", "aws/containers-roadmap issue 470", "2023-08"),
    CitedFigure("gce-neg-attach", 10, 5, 60, "s", "low",
        "GKE: an endpoint is attached to its group, or detached",
        "assumed from Google's guides on container-native load balancing"),
    CitedFigure("gce-drain", 0, 0, 3600, "s", "medium",
        "GCE backend service: connection draining where no BackendConfig asks for it",
        "kubernetes/ingress-gce pkg/backends/features/draining.go", "acbcf5d6, 2026-08"),
    CitedFigure("service-controller-node-sync", 100, 100, 100, "s", "high",
        "cloud service controller: a full sync of nodes; a change of interest starts one at once",
        f"{_K8S}staging/src/k8s.io/cloud-provider/controllers/service/controller.go", "01aa0f3f"),
    CitedFigure("coredns-ttl", 5, 0, 3600, "s", "high", "CoreDNS, plugin kubernetes: TTL of answers",
        "coredns/coredns plugin/kubernetes/README.md", "12cdb0c8"),
    CitedFigure("elb-dns-ttl", 60, 60, 60, "s", "medium", "names of AWS load balancers: TTL",
        "AWS, Elastic Load Balancing and Route 53 guides", "2026-11"),
    CitedFigure("jvm-dns", 30, 0, None, "s", "medium", "a JVM caches a name for",
        "networkaddress.cache.ttl, without a security manager"),
    CitedFigure("probes-fact-jitter", 0, 0, None, "s", "high",
        "kubelet: waits at random, up to a period, before the first probe if it has itself just started",
        f"{_K8S}pkg/kubelet/prober/worker.go", "2026-11"),
    CitedFigure("endpoints-known", 1, 0.2, 30, "s", "medium",
        "a small cluster: a Pod's end is known to those that send to it; 10 to 30 s with a hundred nodes",
        "measurements of users, jorijn.com, minhle.xyz and nebelwolfi.xyz on graceful shutdown", "2026-06"),
    CitedFigure("tcp-silence", 924.6, 13, None, "s", "high",
        "TCP: repeats what nobody acknowledges",
        "Linux, Documentation/networking/ip-sysctl, tcp_retries2 = 15", "6.12"),
    CitedFigure("retry-budget-window", 10, 1, 60, "s", "high",
        "a retry budget looks back for so long; Finagle and Linkerd allow 0.2 retries a request, "
        "and 10 a second", "finagle-core RetryBudget; linkerd.io, Configuring Retries", "2026-11"),
    CitedFigure("silent-target", 30, 20, 40, "s", "high",
        "a load balancer takes a silent target out: three health checks, 10 s apart",
        f"{_LBC}pkg/service/model_builder.go", "225f4456, 2026-08"),
    # Idle: how long a connection without requests is kept.
    CitedFigure("idle-node-http", 5, 0, None, "s", "high", "Node.js http.Server, releases up to 25",
        "nodejs.org, API reference of v12 to v25, server.keepAliveTimeout", "2026"),
    CitedFigure("idle-gunicorn", 2, 0, None, "s", "high", "gunicorn; its sync workers keep nothing alive",
        "gunicorn 27.0.1, config.py, keepalive", "27.0.1"),
    CitedFigure("idle-uvicorn", 5, 0, None, "s", "high", "uvicorn",
        "uvicorn 0.54.0, config.py, timeout_keep_alive", "0.54.0"),
    CitedFigure("idle-hypercorn", 5, 0, None, "s", "high",
        "hypercorn", "hypercorn 0.18.0, config.py", "0.18.0"),
    CitedFigure("idle-waitress", 120, 0, None, "s", "high", "waitress",
        "waitress 3.0.2, adjustments.py, channel_timeout", "3.0.2"),
    CitedFigure("idle-aiohttp-server", 3630, 0, None, "s", "high",
        "aiohttp as a server; 75 s in older releases",
        "aiohttp 3.14.5, web_protocol.py", "3.14.5"),
    CitedFigure("idle-tomcat", 60, 0, None, "s", "high",
        "Tomcat, also in Spring Boot; 20 s in the server.xml that it ships",
        "Tomcat, HTTP connector reference, keepAliveTimeout", "2026-11"),
    CitedFigure("idle-jetty", 30, 0, None, "s", "medium", "Jetty", "Jetty, ServerConnector, idleTimeout"),
    CitedFigure("idle-kestrel", 130, 0, None, "s", "high", "ASP.NET Core Kestrel",
        "learn.microsoft.com, KestrelServerLimits.KeepAliveTimeout", "2026-11"),
    CitedFigure("idle-go-server", None, 0, None, "s", "high",
        "Go net/http as a server: no limit unless IdleTimeout or ReadTimeout is set",
        "Go, net/http, Server.IdleTimeout"),
    CitedFigure("idle-apache", 5, 0, None, "s", "high", "Apache httpd",
        "Debian apache2 2.4.71, apache2.conf, KeepAliveTimeout", "2.4.71"),
    CitedFigure("idle-puma", 20, 0, None, "s", "high", "Puma; later releases have 65 s",
        "puma/puma lib/puma/configuration.rb, persistent_timeout", "00f5061f"),
    CitedFigure("idle-ingress-nginx-client", 75, 0, None, "s", "high",
        "ingress-nginx towards clients; 1,000 requests per connection", f"{_NGINX}config.go, KeepAlive",
        "dbb11b92, 2026-03"),
    CitedFigure("idle-ingress-nginx-upstream", 60, 0, None, "s", "high",
        "ingress-nginx towards Pods; 320 kept per worker, 10,000 requests and 1 h at most",
        f"{_NGINX}config.go, UpstreamKeepaliveTimeout", "dbb11b92, 2026-03"),
    CitedFigure("idle-nginx-client", 75, 0, None, "s", "high", "nginx towards clients",
        "nginx/nginx src/http/ngx_http_core_module.c, keepalive_timeout", "3f6f7824d, 2026-08"),
    CitedFigure("idle-nginx-upstream", 60, 0, None, "s", "high", "nginx towards servers that it keeps",
        "nginx/nginx src/http/modules/ngx_http_upstream_keepalive_module.c", "3f6f7824d, 2026-08"),
    CitedFigure("idle-haproxy-client", 60, 0, None, "s", "high",
        "HAProxy's controller towards clients; HAProxy alone has no limit",
        "kubernetes-ingress of HAProxy Technologies, documentation/doc.yaml, timeout-http-keep-alive",
        "fc120676, 2026-07"),
    CitedFigure("idle-traefik-client", 180, 0, None, "s", "high", "Traefik towards clients",
        "traefik/traefik pkg/config/static/static_config.go", "fd5a576d, 2026-07"),
    CitedFigure("idle-traefik-upstream", 90, 0, None, "s", "high", "Traefik towards servers",
        "traefik/traefik pkg/config/dynamic/http_config.go", "fd5a576d, 2026-07"),
    CitedFigure("idle-contour", 60, 0, None, "s", "high", "Contour towards clients",
        "projectcontour/contour docs, connection-idle-timeout", "31c4bb38, 2026-08"),
    CitedFigure("idle-envoy", 3600, 0, None, "s", "high", "Envoy on both sides; a stream idles 300 s",
        "envoyproxy.io, FAQ on timeouts, v1.39", "2026-11"),
    CitedFigure("idle-aws-alb", 60, 1, 4000, "s", "high",
        "AWS ALB on both sides; servers must idle longer, else 502",
        "AWS, ALB guide, load balancer attributes", "2026-11"),
    CitedFigure("idle-aws-nlb", 350, 60, 6000, "s", "high",
        "AWS NLB, TCP: forgets in silence, the next packet is answered by a reset", "AWS, NLB guide", "2026"),
    CitedFigure("idle-aws-clb", 60, 1, 4000, "s", "high", "AWS Classic Load Balancer", "AWS, CLB guide",
        "2026-11"),
    CitedFigure("idle-gcp-client", 610, 5, 1200, "s", "high",
        "GCP external Application Load Balancer towards clients", "cloud.google.com, request distribution",
        "2026-11"),
    CitedFigure("idle-gcp-backend", 600, 600, 600, "s", "high",
        "GCP external Application Load Balancer towards backends; 620 s is advised for servers",
        "cloud.google.com, request distribution", "2026-11"),
    CitedFigure("idle-azure-lb", 240, 240, 6000, "s", "high",
        "Azure Load Balancer; forgets in silence unless TCP reset is on",
        "Azure, annotation azure-load-balancer-tcp-idle-timeout", "2026"),
    CitedFigure("idle-oci-lb-client", 65, 0, None, "s", "high", "OCI load balancer towards clients",
        "docs.oracle.com, connection reuse", "2025-05"),
    CitedFigure("idle-oci-lb-backend", 300, 0, None, "s", "high", "OCI load balancer towards backends",
        "docs.oracle.com, connection reuse", "2025-05"),
    CitedFigure("idle-go-client", 90, 0, None, "s", "high", "Go http.DefaultTransport",
        "Go, net/http, DefaultTransport"),
    CitedFigure("idle-undici", 4, 0, None, "s", "high", "Node.js undici and fetch, as clients",
        "undici 5.25, Client, keepAliveTimeout", "5.25"),
    CitedFigure("idle-okhttp", 300, 0, None, "s", "high", "OkHttp, for 5 connections",
        "OkHttp, ConnectionPool", "2026-11"),
    CitedFigure("idle-dotnet-client", 60, 0, None, "s", "high", ".NET SocketsHttpHandler since .NET 6",
        "learn.microsoft.com, SocketsHttpHandler.PooledConnectionIdleTimeout", "2026-11"),
    CitedFigure("idle-httpclient5", 180, 0, None, "s", "medium", "Apache HttpClient 5",
        "Apache HttpComponents, RequestConfig, HTTPCLIENT-2109", "2020-08"),
    CitedFigure("idle-azure-nat", 240, 240, 7200, "s", "high", "Azure NAT gateway",
        "Azure, API of AKS, idleTimeoutInMinutes", "2026-11"),
    CitedFigure("idle-httpx", 5, 0, None, "s", "high",
        "Python httpx", "httpx 0.28.1, keepalive_expiry", "0.28.1"),
    CitedFigure("idle-conntrack", 86400, 0, None, "s", "high",
        "conntrack under kube-proxy, TCP established; the kernel alone has 5 days", _PROXY, "2026-11"),
    CitedFigure("idle-conntrack-udp", 30, 0, None, "s", "high",
        "conntrack, UDP: one packet, or a short exchange",
        "Linux, net/netfilter/nf_conntrack_proto_udp.c", "6.12"),
    CitedFigure("idle-conntrack-udp-stream", 120, 0, None, "s", "high",
        "conntrack, UDP: an exchange that went on for longer",
        "Linux, net/netfilter/nf_conntrack_proto_udp.c", "6.12"),
    CitedFigure("conntrack-udp-stream-after", 2, 2, 2, "s", "high",
        "conntrack, UDP: an exchange counts as a stream after",
        "Linux, net/netfilter/nf_conntrack_proto_udp.c", "6.12"),
    CitedFigure("idle-conntrack-sctp", 210, 0, None, "s", "high", "conntrack, SCTP established",
        "Linux, net/netfilter/nf_conntrack_proto_sctp.c", "6.12"),
    CitedFigure("idle-ipvs-tcp", 900, 0, None, "s", "high", "IPVS, TCP established; SCTP too",
        "Linux, net/netfilter/ipvs/ip_vs_proto_tcp.c", "6.12"),
    CitedFigure("idle-ipvs-udp", 300, 0, None, "s", "high", "IPVS, UDP",
        "Linux, net/netfilter/ipvs/ip_vs_proto_udp.c", "6.12"),
    CitedFigure("ipvs-closed", 120, 0, None, "s", "high", "IPVS: a closed TCP connection is kept",
        "Linux, net/netfilter/ipvs/ip_vs_proto_tcp.c, TIME_WAIT", "6.12"),
    # What Kubernetes does by itself.
    CitedFigure("session-affinity", 10800, 1, 86400, "s", "high",
        "sessionAffinity ClientIP remembers a client",
        f"{_K8S}pkg/apis/core/v1/defaults.go, DefaultClientIPServiceAffinitySeconds", "2026-11"),
    CitedFigure("pod-grace-period", 30, 0, None, "s", "high", "a Pod has so long to end",
        f"{_K8S}pkg/apis/core/v1/defaults.go, terminationGracePeriodSeconds", "2026-11"),
    CitedFigure("pod-least-after-sigterm", 2, 2, 2, "s", "high",
        "a container has at least so long after SIGTERM",
        f"{_K8S}pkg/kubelet/kuberuntime/kuberuntime_container.go", "2026-11"),
    CitedFigure("crash-back-off-first", 10, 1, 300, "s", "high", "wait before the second restart; it doubles",
        f"{_K8S}pkg/kubelet/kubelet.go; KEP-4603", "2026-11"),
    CitedFigure("crash-back-off-most", 300, 1, 300, "s", "high", "longest wait before a restart",
        f"{_K8S}pkg/kubelet/kubelet.go; KEP-4603", "2026-11"),
    CitedFigure("crash-back-off-forgotten", 600, 600, 600, "s", "high",
        "a container that lived longer starts at once",
        "kubernetes/client-go util/flowcontrol/backoff.go; KEP-4603", "2026-11"),
    CitedFigure("endpoints-per-slice", 100, 1, 1000, "endpoints", "high",
        "endpoints of one EndpointSlice at most",
        f"{_K8S}cmd/kube-controller-manager, --max-endpoints-per-slice", "2026-11"),
    CitedFigure("rollout-percent", 25, 0, 100, "%", "high", "maxSurge and maxUnavailable of a Deployment",
        f"{_K8S}pkg/apis/apps/v1/defaults.go, SetDefaults_Deployment", "2026-11"),
    CitedFigure("drain-retry", 5, 5, 5, "s", "high",
        "kubectl drain: pause after an eviction that was refused",
        f"{_K8S}staging/src/k8s.io/kubectl/pkg/drain/drain.go", "2026-11"),
    CitedFigure("node-monitor-grace", 50, 40, 50, "s", "high",
        "a silent node counts as lost; 40 s before 1.32",
        f"{_K8S}pkg/controller/nodelifecycle; docs, Nodes", "2026-11"),
    CitedFigure("node-tolerated", 300, 0, None, "s", "high", "Pods tolerate a lost node for",
        f"{_K8S}plugin/pkg/admission/defaulttolerationseconds", "2026-11"),
)
# fmt: on

FIGURES: Mapping[str, CitedFigure] = {figure.id: figure for figure in ALL}

SETTINGS: Mapping[str, DefaultSettings] = {
    settings.id: settings
    for settings in (
        DefaultSettings(
            "probes-fact-defaults",
            {"initial": 0.0, "period": 10.0, "timeout": 1.0, "success": 1, "failure": 3},
            "s",
            "high",
            "a probe that says nothing; success must be 1 for liveness and start-up",
            f"{_K8S}pkg/apis/core/v1/defaults.go, SetDefaults_Probe",
            "2026-11",
        ),
        DefaultSettings(
            "load-balancer-check",
            {"interval_s": 10.0, "timeout_s": 10.0, "down": 3, "up": 3},
            "s",
            "high",
            "the health check of an NLB that the AWS Load Balancer Controller makes",
            f"{_LBC}docs/guide/service/annotations.md",
            "2026-11",
        ),
        DefaultSettings(
            "hpa-fact-defaults",
            {
                "sync_s": 15.0,
                "tolerance": 0.1,
                "cpu_percent": 80,
                "down_window_s": 300.0,
                "up_window_s": 0.0,
                "cpu_initialization_s": 300.0,
                "initial_readiness_delay_s": 30.0,
                "up": (("Pods", 4, 15.0), ("Percent", 100, 15.0)),
                "down": (("Percent", 100, 15.0),),
                "select": "Max",
            },
            "",
            "high",
            "kube-controller-manager, and a HorizontalPodAutoscaler without behavior",
            f"{_K8S}pkg/controller/podautoscaler/config/v1alpha1/defaults.go; "
            "pkg/apis/autoscaling/v2/defaults.go",
            "2026-11",
        ),
    )
}

GRACE_S = FIGURES["pod-grace-period"].value
LEAST_AFTER_SIGTERM_S = FIGURES["pod-least-after-sigterm"].value
CRASH_FIRST_S = FIGURES["crash-back-off-first"].value
CRASH_MOST_S = FIGURES["crash-back-off-most"].value
CRASH_FORGOTTEN_S = FIGURES["crash-back-off-forgotten"].value
ENDPOINTS_PER_SLICE = int(FIGURES["endpoints-per-slice"].value)
PERCENT_OF_ROLLOUT = f"{FIGURES['rollout-percent'].value:.0f}%"
DRAIN_RETRY_S = FIGURES["drain-retry"].value
NODE_GRACE_S = FIGURES["node-monitor-grace"].value
TOLERATED_S = FIGURES["node-tolerated"].value
PROBE: Mapping[str, float] = SETTINGS["probes-fact-defaults"].values
HPA: Mapping[str, Any] = SETTINGS["hpa-fact-defaults"].values
CHECK: Mapping[str, Any] = SETTINGS["load-balancer-check"].values
