"""Ends and notes of a request's way."""

from __future__ import annotations

from sim.analysis.codes.page import Code

PAGES = (
    Code(
        "SIM2001",
        "Nothing has this name",
        "The client asks DNS for the host and gets no address, so no connection is opened.",
        "No Ingress that a controller reads names this host, no Service of type LoadBalancer has "
        "this name, and there "
        "is not just one load balancer that could be meant.",
        "kubectl get ingress,service -A\ndig +short HOST",
        "Ask for a host that is there, add the host to an Ingress, or state the load balancer with --to "
        "lb:NAMESPACE/NAME. On a cluster, also look at the DNS record itself: it lives outside the "
        "manifests.",
    ),
    Code(
        "SIM2002",
        "An Ingress that nobody reads has no address",
        "The Ingress is valid and stored, and nothing happens: its status stays empty and no "
        "connection is accepted.",
        "An Ingress is only a rule book. An Ingress controller must run and claim its class; "
        "Kubernetes brings none "
        "along.",
        "kubectl get ingressclass\nkubectl get ingress NAME -o yaml\n"
        "kubectl get pods -A -l app.kubernetes.io/component=controller",
        "Install an Ingress controller, or set spec.ingressClassName to the class of one that runs.",
    ),
    Code(
        "SIM2003",
        "No ready endpoint behind the Service",
        "A rule chose the Service, but nobody is there to serve. The controller answers 503; the "
        "application never "
        "saw the request.",
        "Either the selector matches no Pod, or no Pod that it matches is ready: a probe fails, it "
        "is starting, or it "
        "is terminating.",
        "kubectl get endpointslices -l kubernetes.io/service-name=NAME\n"
        "kubectl get pods --show-labels\nkubectl describe pod NAME",
        "Make selector and Pod labels agree; make the readiness probe pass on the port that it asks.",
    ),
    Code(
        "SIM2004",
        "No rule for this host",
        "The request reached the controller, and none of its rules is for this Host header. Its own "
        "default backend "
        "answers 404; the application never saw the request.",
        "The host is written differently, has more labels than the wildcard covers (*.example.com is "
        "exactly one), or "
        "is the apex of the wildcard.",
        "kubectl get ingress -A\ncurl -v -H 'Host: HOST' http://ADDRESS/",
        "Use a host that a rule names, or add a rule (or a rule without a host, which takes all others).",
    ),
    Code(
        "SIM2005",
        "The host is known, the path is not",
        "Rules exist for this host, and none of their paths matches. The controller answers 404; the "
        "application "
        "never saw the request.",
        "Exact compares the whole path, slash and case included. Prefix compares whole elements: "
        "/foo matches "
        "/foo/bar, not /foobar. In ingress-nginx a known host never falls back to a rule without a host.",
        "kubectl describe ingress NAME",
        "Ask for a path under one of the rules, or add one; a Prefix rule for / takes the rest.",
    ),
    Code(
        "SIM2006",
        "An Ingress would fit, but its class is not read",
        "A rule for this host and path exists, in an Ingress that this controller ignores. What is "
        "left is a 404.",
        "spec.ingressClassName names a class that does not exist or belongs to another controller, "
        "or no class is "
        "named and there is no default class. It is ignored in silence.",
        "kubectl get ingressclass -o wide\nkubectl get ingress NAME -o jsonpath='{.spec.ingressClassName}'",
        "Name a class whose spec.controller is this controller's. The name of the class alone "
        "decides nothing.",
    ),
    Code(
        "SIM2007",
        "The Service of the rule does not exist",
        "A rule chose a Service that is not there. ingress-nginx answers 503, a Gateway 500.",
        "The name is misspelt, or the Service lives in another namespace: an Ingress finds Services "
        "of its own "
        "namespace only. The API server accepts such a rule.",
        "kubectl get service -n NAMESPACE\nkubectl describe ingress NAME",
        "Correct the name, or create the Service in the namespace of the Ingress.",
    ),
    Code(
        "SIM2008",
        "The Service has no such port",
        "The Service is there, the port that the rule names is not. The controller answers 503.",
        "A rule names a port of the Service, by number or by name, not the port of the Pod. "
        "ingress-nginx also takes "
        "the targetPort, so the mistake shows only after moving to another controller.",
        "kubectl get service NAME -o jsonpath='{.spec.ports}'",
        "Write a port of the Service in the rule.",
    ),
    Code(
        "SIM2009",
        "The load balancer stays pending",
        "A Service of type LoadBalancer waits for an address that nobody gives it.",
        "Something must make load balancers: a cloud's controller, MetalLB, a developer cluster's "
        "tunnel. None runs "
        "here.",
        "kubectl get service NAME\nkubectl describe service NAME",
        "Run a provider, or use a NodePort while there is none.",
    ),
    Code(
        "SIM2010",
        "The load balancer has no healthy target",
        "Every node fails the load balancer's health check, so it has nowhere to send the connection.",
        "With externalTrafficPolicy: Local a node is healthy only while it has a ready Pod of the Service.",
        "kubectl get pods -o wide\ncurl http://NODE:HEALTH_CHECK_NODE_PORT/healthz",
        "Make a Pod ready, or use externalTrafficPolicy: Cluster (and lose the client's address).",
    ),
    Code(
        "SIM2011",
        "The load balancer does not listen on this port",
        "The address is right, the port is closed: no listener, no connection.",
        "A load balancer listens on the ports of its Service and on no others. https needs port 443 there.",
        "kubectl get service NAME -o jsonpath='{.spec.ports}'",
        "Use a port that is there, or add it to the Service.",
    ),
    Code(
        "SIM2012",
        "The connection is refused: the Service has no endpoint",
        "The packet reached a node, and kube-proxy rejects it: the client sees connection refused at once. A "
        "controller that goes through the ClusterIP answers 502.",
        "With no endpoint anywhere kube-proxy writes a REJECT rule for the Service's address.",
        "kubectl get endpointslices -l kubernetes.io/service-name=NAME\n"
        "sudo iptables-save -t filter | grep 'has no endpoints'",
        "Make a Pod of the Service ready, or make selector and labels agree.",
    ),
    Code(
        "SIM2013",
        "The node drops the packet",
        "The client waits until it gives up: nothing comes back.",
        "externalTrafficPolicy: Local and no Pod of the Service on this node, while there are some "
        "elsewhere. A load "
        "balancer avoids such nodes by its health check; a client that names the node does not. Or the "
        "client's address is in none of loadBalancerSourceRanges.",
        "kubectl get pods -o wide\nsudo iptables-save -t filter | grep 'no local endpoints'",
        "Use externalTrafficPolicy: Cluster, name another node, or run a Pod on every node; add the client's "
        "range to loadBalancerSourceRanges.",
    ),
    Code(
        "SIM2014",
        "No container has a port of this name",
        "The Service names its targetPort, and no container of the Pods has a port of that name. There is no "
        "endpoint, and the controller answers 503.",
        "A named targetPort is looked up in the containers' ports. A number needs no entry there.",
        "kubectl get pod NAME -o jsonpath='{.spec.containers[*].ports}'",
        "Use a name that a container has, or write the number.",
    ),
    Code(
        "SIM2015",
        "Plain http is redirected to https",
        "The controller answers 308 with an https address before it looks at anything else.",
        "A certificate is configured for the host. The redirect is per host: one Ingress with a tls section "
        "redirects the paths of all Ingresses on it.",
        "curl -sI http://HOST/ | grep -i location",
        "Ask over https, follow with -L, or set the annotation ssl-redirect to false.",
    ),
    Code(
        "SIM2016",
        "Redirected to the same path with a slash",
        "The controller answers 301: only the final slash was missing.",
        "ingress-nginx writes the rule /docs/ as a location that ends with a slash, and nginx "
        "redirects /docs to it. "
        "By the letter of the API the Prefix rule would match.",
        "curl -sI http://HOST/docs | grep -i location",
        "Write the rule without the final slash, or follow with -L.",
    ),
    Code(
        "SIM2017",
        "The default certificate is shown",
        "The handshake succeeds with a certificate of the controller's own; a client that checks refuses it.",
        "No certificate is configured for the server name: the Secret is missing, lives in another "
        "namespace, or "
        "does not cover the name. The certificate follows SNI, routing follows the Host header.",
        "openssl s_client -connect ADDRESS:443 -servername HOST </dev/null | openssl x509 -noout -subject",
        "Put the Secret into the namespace of the Ingress, and list the host under tls.",
    ),
    Code(
        "SIM2018",
        "The default backend took the request",
        "No rule matched, and a default backend serves what is left.",
        "By the API's letter spec.defaultBackend takes every unmatched request; ingress-nginx uses "
        "it only for the "
        "hosts of the same Ingress, or for all if that Ingress has no rules.",
        "kubectl get ingress -A -o yaml | grep -A4 defaultBackend",
        "Nothing, if it is meant; else add the rule that is missing.",
    ),
    Code(
        "SIM2019",
        "Too many redirects",
        "Ten redirects were followed, and the next answer was one again.",
        "Two parties send the client back and forth, often a proxy that ends TLS and an application "
        "that redirects "
        "to https because it sees plain http.",
        "curl -sIL --max-redirs 10 http://HOST/ | grep -i location",
        "Let one of them redirect, or forward the original scheme.",
    ),
    Code(
        "SIM2020",
        "Another protocol is spoken here",
        "The port is open, for something else: plain http on the TLS port, TLS on the plain one, TCP "
        "to a UDP port.",
        "A port has one protocol. The scheme of a URL does not change what listens.",
        "kubectl get service NAME -o jsonpath='{.spec.ports}'",
        "Use the scheme or the port that fits, or a destination such as udp://HOST:PORT.",
    ),
    Code(
        "SIM2021",
        "The backend is a resource, not a Service",
        "The rule points at a custom resource. Most controllers do not serve it; ingress-nginx skips "
        "the rule.",
        "spec…backend.resource is for controllers that know the kind, such as a storage bucket.",
        "kubectl describe ingress NAME",
        "Name a Service, or use a controller that knows this resource.",
    ),
    Code(
        "SIM2022",
        "The request leaves the cluster",
        "The Service is of type ExternalName: a DNS name elsewhere. What it answers is not modelled.",
        "ExternalName is an alias in DNS: no endpoints, no kube-proxy, no probes.",
        "kubectl get service NAME -o jsonpath='{.spec.externalName}'",
        "Nothing, if it is meant. The Host header that arrives there is the client's.",
    ),
    Code(
        "SIM2023",
        "Two rules claim the same host and path",
        "One of them serves, the other is never reached.",
        "Ingresses of one class are merged. The oldest wins; of the same second the alphabetically "
        "last name wins in "
        "ingress-nginx, the first in the Gateway API.",
        "kubectl get ingress -A --sort-by=.metadata.creationTimestamp",
        "Remove one of the rules, or give one of them another path.",
    ),
    Code(
        "SIM2082",
        "A Pod stops at once, and proxies learn of it later",
        "Some requests of a roll-out or scale-in get a 502 (or a reset connection), although other Pods are "
        "ready all the time.",
        "A Pod that is deleted gets its stop signal at the same moment as the news goes out to kube-proxy on "
        "every node and to every Ingress controller. Until they know, a second or two, they send to a Pod "
        "that no longer listens.",
        "kubectl get pods -w\nkubectl explain pod.spec.containers.lifecycle.preStop",
        "Let the container wait before it stops: lifecycle.preStop.sleep.seconds: 5 (from Kubernetes 1.30; "
        "before that exec with sleep 5), well below terminationGracePeriodSeconds. Let the application "
        "finish what is open.",
    ),
)
