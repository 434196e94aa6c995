"""Answers that ingress-nginx gives by itself, most of them because an annotation asks for it."""

from __future__ import annotations

from sim.analysis.codes.page import Code

PAGES = (
    Code(
        "SIM2030",
        "The proxy refuses the request itself",
        "The answer is 400, before any rule is looked at.",
        "The Host header is missing or malformed, or the path is one that the proxy cannot make uniform: it "
        "climbs above the root, holds a control character, or has a percent sign without two digits. Envoy "
        "is milder: it refuses %00 and characters that may not stand in a path.",
        "curl -v --path-as-is http://HOST/PATH",
        "Send a Host header and a path that the proxy takes.",
    ),
    Code(
        "SIM2031",
        "An annotation redirects",
        "The controller answers with a redirect; the application never saw the request.",
        "app-root redirects / of the whole host, from-to-www-redirect the other name of the host, "
        "permanent-redirect and temporal-redirect all paths of their Ingress. They come before the redirect "
        "to https. A rewrite-target that starts with http:// or https:// redirects too.",
        "curl -sI http://HOST/PATH | grep -i location\nkubectl get ingress NAME -o yaml",
        "Nothing, if it is meant; follow with -L, or remove the annotation.",
    ),
    Code(
        "SIM2032",
        "nginx answers OPTIONS itself",
        "With enable-cors the answer to OPTIONS is 204, written by nginx.",
        "Every OPTIONS request of an allowed origin counts as a preflight, also one that the application "
        "wants to answer.",
        "curl -si -X OPTIONS -H 'Origin: https://ORIGIN' http://HOST/PATH",
        "Nothing, if it is meant; else take enable-cors away and let the application answer.",
    ),
    Code(
        "SIM2033",
        "A list of networks cannot be read, so the location is closed",
        "Every path of the Ingress answers 503, whatever runs behind it.",
        "An allowlist or denylist with one entry that is no network closes the locations instead of opening "
        "them.",
        "kubectl describe ingress NAME\nkubectl logs -n ingress-nginx deploy/ingress-nginx-controller",
        "Write networks such as 10.0.0.0/8, separated by commas.",
    ),
    Code(
        "SIM2034",
        "rewrite-target leaves an empty path",
        "nginx answers 500: a path must not be empty.",
        "The target consists of captures only, and for this request they are empty.",
        "kubectl logs -n ingress-nginx deploy/ingress-nginx-controller | grep 'zero length'",
        "Begin the target with a slash, such as /$2.",
    ),
    Code(
        "SIM2035",
        "The client's address is not allowed",
        "The answer is 403; the application never saw the request.",
        "whitelist-source-range, allowlist-source-range or denylist-source-range. What counts is the address "
        "that the controller sees: behind a Service with externalTrafficPolicy Cluster that is a node's.",
        "kubectl logs -n ingress-nginx deploy/ingress-nginx-controller\nkubectl get ingress NAME -o yaml",
        "Add the client's range, or keep the client's address with externalTrafficPolicy: Local or the "
        "PROXY protocol.",
    ),
    Code(
        "SIM2036",
        "A default backend writes the page of an error",
        "An error that custom-http-errors lists is answered by the default backend instead.",
        "The annotation default-backend names it, else the controller's --default-backend-service; without "
        "one the controller's built-in 404 takes the place of the error.",
        "kubectl get ingress NAME -o yaml\ncurl -si http://HOST/PATH",
        "Name a default backend that is ready, or take the code off the list.",
    ),
    Code(
        "SIM2037",
        "An Ingress would fit, but an annotation makes the controller skip it",
        "The rule exists, the class is right, and the controller behaves as if the Ingress were not there.",
        "Snippets are above the default risk level. An invalid value of some annotations, such as "
        "permanent-redirect with a variable in it, also makes it skip the Ingress; of others it is ignored.",
        "kubectl logs -n ingress-nginx deploy/ingress-nginx-controller | grep -i annotation",
        "Correct or remove the annotation; the administrator may raise annotations-risk-level.",
    ),
    Code(
        "SIM2038",
        "The controller's own health check or status page",
        "The default server answers /healthz with 200 and /nginx_status with 403 by itself.",
        "No host of a rule fits, so the default server takes the request, and these two paths are its own.",
        "curl -si http://ADDRESS/healthz",
        "Use a host that a rule names, or another path.",
    ),
    Code(
        "SIM2039",
        "nginx refuses the configuration",
        "The controller cannot reload. The configuration before stays in force, and no later change of any "
        "Ingress arrives.",
        "Two locations of one host are equal (an Exact path in two Ingresses, /foo beside /foo/ as Prefix), "
        "or a pattern is no regular expression. The trace shows what the first of two would do.",
        "kubectl logs -n ingress-nginx deploy/ingress-nginx-controller | grep emerg",
        "Remove one of the two rules, or correct the pattern; the admission webhook catches most of these.",
    ),
    Code(
        "SIM2081",
        "The rewrite loses the rest of the path",
        "The request is delivered, but the application is asked for another path than the client: for the "
        "same one, whatever stands behind the path of the rule. Pages come, their styles and scripts do not.",
        "rewrite-target replaces the whole path. What is not captured by brackets in the rule's path and put "
        "in again as $1 or $2 is gone.",
        "kubectl get ingress NAME -o yaml\nkubectl logs POD",
        "Capture the rest: path /app(/|$)(.*) of type ImplementationSpecific with rewrite-target /$2. Or "
        "leave the rewrite out, and let the application serve below /app.",
    ),
)
