"""What controllers other than ingress-nginx do by themselves, and what is not known about them."""

from __future__ import annotations

from sim.analysis.codes.page import Code

PAGES = (
    Code(
        "SIM2070",
        "The controller leaves this rule out",
        "A rule fits host and path, and the controller does not use it. What is left decides: a shorter "
        "rule, a default backend, or its own 404.",
        "Controllers differ. F5's gives a host to one Ingress, the oldest, and refuses rules without a host. "
        "Traefik makes no router for a Service without a ready endpoint, HAProxy no rule for a Service or "
        "port that is missing. On Google Cloud a later rule for a host replaces an earlier one.",
        "kubectl describe ingress NAME\nkubectl get events --field-selector involvedObject.name=NAME",
        "Keep a host in one Ingress (or use master and minions), and make the Service ready; compare with "
        "sim trace --controller A --controller B.",
    ),
    Code(
        "SIM2071",
        "The controller makes no load balancer",
        "The Ingress is valid and stored, and its status stays without an address. An old load balancer "
        "stays as it is; a new one is never made.",
        "Cloud controllers translate all rules at once. One missing Service or port, one ClusterIP Service "
        "where a node port is needed, one wildcard in a Prefix, and the whole Ingress (on AWS the whole "
        "IngressGroup) is not applied.",
        "kubectl describe ingress NAME\nkubectl logs -n kube-system deploy/aws-load-balancer-controller",
        "Mend what the message names; nothing else of this Ingress or group is applied before.",
    ),
    Code(
        "SIM2072",
        "Something is not known about this controller",
        "The answer stands on public sources, and this question they leave open.",
        "Profiles other than ingress-nginx are as far as their code and documentation say; what they do not "
        "say is not guessed.",
        "sim model CONTROLLER",
        "Try it on the controller itself where the answer hangs on it.",
    ),
    Code(
        "SIM2073",
        "The controller refuses the handshake",
        "The client sees a TLS alert (unrecognized name) and no HTTP answer.",
        "F5's NGINX Ingress Controller shows no certificate for a host whose Secret is missing or cannot be "
        "used, or that no tls section names, unless a default Secret is set up.",
        "openssl s_client -connect HOST:443 -servername HOST\nkubectl describe ingress NAME",
        "Name a Secret of type kubernetes.io/tls in the namespace of the Ingress, for exactly this host.",
    ),
    Code(
        "SIM2074",
        "An annotation answers instead of a Service",
        "The load balancer answers by itself; no Pod saw the request.",
        "The port use-annotation means the annotation alb.ingress.kubernetes.io/actions.NAME; without that "
        "annotation the answer is 503.",
        "kubectl get ingress NAME -o yaml",
        "Write the action, or name a port of the Service.",
    ),
)
