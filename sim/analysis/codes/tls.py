"""Where TLS ends, when it is not at the controller: passed through, or at the load balancer."""

from __future__ import annotations

from sim.analysis.codes.page import Code

PAGES = (
    Code(
        "SIM2083",
        "TLS is passed through to the application",
        "The controller looks at the server name (SNI) of the handshake and passes the bytes on. The "
        "certificate is the application's, and so is every answer.",
        "The Ingress has ssl-passthrough (nginx.ingress.kubernetes.io or haproxy.org). What is inside the "
        "connection stays unread: paths, headers, cookies, redirects and all other annotations do not count. "
        "ingress-nginx takes the rule for / of that very name, no wildcard, and connects to the ClusterIP: "
        "kube-proxy picks the Pod, per connection.",
        "kubectl get ingress NAME -o yaml\nopenssl s_client -connect ADDRESS:443 -servername HOST",
        "Nothing, if it is meant. To route by path, take the annotation away and end TLS at the controller.",
    ),
    Code(
        "SIM2084",
        "ssl-passthrough does nothing without a flag of the controller",
        "The Ingress asks for TLS to be passed through, and the controller ends it all the same, with a "
        "certificate of its own; a backend that speaks TLS then answers plain HTTP with an error.",
        "ingress-nginx reads the annotation only when it was started with --enable-ssl-passthrough, which is "
        "off by default: with it, every TLS connection takes a detour through a small proxy.",
        "kubectl get deploy -n ingress-nginx ingress-nginx-controller -o yaml | grep -A20 args\n"
        "openssl s_client -connect ADDRESS:443 -servername HOST",
        "Add --enable-ssl-passthrough to the controller's arguments (Helm: "
        "controller.extraArgs.enable-ssl-passthrough), or use backend-protocol: HTTPS instead.",
    ),
    Code(
        "SIM2085",
        "TLS ends at the load balancer",
        "The client sees the load balancer's certificate; those under spec.tls are shown to nobody. What "
        "stands behind receives plain HTTP, or TLS that the load balancer opened anew.",
        "The Service has service.beta.kubernetes.io/aws-load-balancer-ssl-cert: its ssl-ports (all, if none "
        "is listed) speak TLS. backend-protocol ssl (https on a Classic Load Balancer) opens TLS again. The "
        "target port must speak what arrives: plain HTTP on a TLS port is 400.",
        "kubectl get service -n ingress-nginx ingress-nginx-controller -o yaml\n"
        "openssl s_client -connect ADDRESS:443 -servername HOST",
        "Point targetPort of the https port to http where TLS ends before it; leave the annotation away to "
        "end TLS at the controller.",
    ),
    Code(
        "SIM2086",
        "A redirect to https that never ends",
        "The client asks by https and is sent to the same URL by https, again and again: browsers say too "
        "many redirects.",
        "TLS ended at the load balancer, the controller sees plain http and redirects to https (ssl-redirect "
        "with a certificate for the host, or force-ssl-redirect). X-Forwarded-Proto would tell it better, "
        "but ingress-nginx trusts that header only with use-forwarded-headers in its ConfigMap, which this "
        "model takes as off, and a Network Load Balancer cannot write it.",
        "curl -skI https://HOST/ | grep -i location\n"
        "kubectl get configmap -n ingress-nginx ingress-nginx-controller -o yaml",
        'Classic Load Balancer with backend-protocol http: set use-forwarded-headers: "true". Network Load '
        "Balancer: use the PROXY protocol on both sides, or end TLS at the controller. Or set ssl-redirect: "
        '"false" and redirect on another port.',
    ),
    Code(
        "SIM2087",
        "TLS is passed through, and nobody takes it",
        "The connection closes during the handshake: no status, no page.",
        "A proxy that only passes bytes on cannot answer in HTTP. The Service has no ready Pod, no such port "
        "or no ClusterIP (headless, ExternalName), or the host has no rule for /.",
        "kubectl get endpointslices -l kubernetes.io/service-name=NAME\n"
        "kubectl logs -n ingress-nginx deploy/ingress-nginx-controller",
        "Give the host a rule for / whose Service has a ClusterIP and a ready Pod.",
    ),
)
