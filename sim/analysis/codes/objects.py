"""Objects that are valid alone and do not fit together."""

from __future__ import annotations

from sim.analysis.codes.page import Code

_INGRESS = "kubectl describe ingress NAME"
_CLASSES = "kubectl get ingressclass\nkubectl get ingress -A"
_SLICES = "kubectl get endpointslices -l kubernetes.io/service-name=NAME"
_ROUTE = "kubectl describe httproute NAME"

PAGES = (
    Code(
        "SIM1101",
        "A backend names a Service that is not there",
        "The rule is valid and leads nowhere: requests for it are answered with an error by the controller.",
        "A name was changed in one place, or a release prefix is missing.",
        f"{_INGRESS}\nkubectl get services",
        "Name a Service of the namespace, or create this one.",
    ),
    Code(
        "SIM1102",
        "The Service is in another namespace",
        "A Service of this name exists, but not in the namespace of the Ingress or route that names it.",
        "An Ingress reaches only Services of its own namespace.",
        "kubectl get services -A",
        "Move one of the two; or write a Service of type ExternalName, or for an HTTPRoute a ReferenceGrant.",
    ),
    Code(
        "SIM1103",
        "The Service has no such port",
        "The Service exists, the port that the backend names does not.",
        "The container's port was written instead of the Service's, or a port was renamed.",
        "kubectl get service NAME -o yaml",
        "Name a port (spec.ports[].port or .name) of the Service, not of the Pod.",
    ),
    Code(
        "SIM1104",
        "A selector that matches no Pod",
        "The Service stays without endpoints, and every request to it fails.",
        "One label differs between the Service and the Pods; the message names the nearest.",
        f"{_SLICES}\nkubectl get pods --show-labels",
        "Make selector and labels agree.",
    ),
    Code(
        "SIM1105",
        "A targetPort that no container has",
        "A port by name that no container has takes the Pod out of the endpoints; one by number is "
        "tried, and "
        "refused if nobody listens.",
        "The container's port was renamed, or its number changed.",
        f"{_SLICES}\nkubectl get pods -o yaml",
        "Write the name or number of a containerPort of the Pods.",
    ),
    Code(
        "SIM1106",
        "A Service that nothing fills",
        "The Service has no selector, and no EndpointSlice stands for it.",
        "Without a selector somebody else must write the endpoints: a person, an operator.",
        _SLICES,
        "Give it a selector, or write an EndpointSlice with the label kubernetes.io/service-name.",
    ),
    Code(
        "SIM1107",
        "No endpoint is ready",
        "There are Pods, but none that may be sent requests.",
        "Readiness probes fail, Pods wait to be scheduled, or there are 0 replicas.",
        f"{_SLICES}\nkubectl describe pods",
        "Look at the reason that the Pod states, and mend that.",
    ),
    Code(
        "SIM1108",
        "An EndpointSlice without a Service",
        "No Service takes its addresses.",
        "The label kubernetes.io/service-name is missing or names a Service that is not there.",
        "kubectl get endpointslices -L kubernetes.io/service-name",
        "Set the label to the Service's name, in the same namespace.",
    ),
    Code(
        "SIM1109",
        "A certificate that is not there",
        "spec.tls names a Secret that is not in the set. Clients get the controller's own certificate, which "
        "they do not trust, or none.",
        "The Secret is made elsewhere, or its name is wrong.",
        "kubectl get secret NAME\nopenssl s_client -connect ADDRESS:443 -servername HOST",
        "Create a Secret of type kubernetes.io/tls, or check that something (cert-manager) makes it.",
    ),
    Code(
        "SIM1110",
        "The certificate is in another namespace",
        "A Secret of this name exists, but not in the namespace of the Ingress that names it.",
        "Secrets are read only from the Ingress's own namespace.",
        "kubectl get secrets -A --field-selector type=kubernetes.io/tls",
        "Copy the Secret into the Ingress's namespace, or make it there.",
    ),
    Code(
        "SIM1111",
        "Only some objects name their namespace",
        "Objects without a namespace go where kubectl's context points, here `default`. Others name "
        "theirs, and "
        "references between the two do not meet.",
        "Charts leave the namespace to the command line; other manifests write it down.",
        "kubectl config view --minify",
        "Say where the others belong: sim trace -n NAMESPACE ...",
    ),
    Code(
        "SIM1201",
        "A class that is not there",
        "spec.ingressClassName names no IngressClass of the set, so no controller reads the Ingress.",
        "A slip of the pen, or the class of another cluster.",
        _CLASSES,
        "Name one of the classes that are there.",
    ),
    Code(
        "SIM1202",
        "No class, and none is the default",
        "The Ingress names no class and no IngressClass is the default, so no controller reads it.",
        "Older clusters had one controller that took all; with classes somebody must say.",
        _CLASSES,
        "Set spec.ingressClassName, or mark one class as the default with the annotation "
        "ingressclass.kubernetes.io/is-default-class.",
    ),
    Code(
        "SIM1203",
        "A class whose controller does not run",
        "The IngressClass exists, but nothing in the set is its controller.",
        "The class was created by hand, or its controller is installed elsewhere.",
        "kubectl get ingressclass -o wide\nkubectl get deployments -A",
        "Install the controller; or, if it runs, give its Deployment too.",
    ),
    Code(
        "SIM1204",
        "More than one default class",
        "Several IngressClasses are marked as the default; Ingresses without a class get the newest.",
        "Two controllers were installed, each with its default switched on.",
        _CLASSES,
        "Leave the annotation on one of them.",
    ),
    Code(
        "SIM1205",
        "An annotation for another controller",
        "The annotation's prefix belongs to a controller that does not read this Ingress: it does nothing.",
        "The controller was changed, or an example was written for another one.",
        _INGRESS,
        "Find what this controller has for it, and remove the annotation.",
    ),
    Code(
        "SIM1206",
        "An annotation whose value cannot be read",
        "The controller drops the value, or reads it otherwise than it seems.",
        "Booleans are 'true' or 'false'; numbers are whole; both are quoted.",
        "kubectl logs -n ingress-nginx deployment/ingress-nginx-controller",
        "Write a value that the annotation's page of the controller allows.",
    ),
    Code(
        "SIM1301",
        "The same host and path twice",
        "Two rules claim the same requests; only one of them is ever used.",
        "Ingresses of two teams, or a copied rule. Most controllers serve the oldest Ingress.",
        "kubectl get ingress -A",
        "Remove one of them, or give it a path of its own.",
    ),
    Code(
        "SIM1302",
        "Prefix with and without a slash at its end",
        "Prefix /foo and Prefix /foo/ are the same rule in Kubernetes: slashes at the end do not count.",
        "In other servers the two differ.",
        _INGRESS,
        "Keep one of them.",
    ),
    Code(
        "SIM1303",
        "A star in a path is a plain character",
        "/foo/* matches a path with a star in it, not everything below /foo.",
        "Some controllers take stars with pathType ImplementationSpecific; Prefix and Exact do not.",
        _INGRESS,
        "Write the path without /* and pathType: Prefix.",
    ),
    Code(
        "SIM1304",
        "One regular expression changes the whole host",
        "With use-regex or rewrite-target on one Ingress, ingress-nginx matches every path of that host as a "
        "case-insensitive regular expression, also those of other Ingresses.",
        "A location of nginx is either a prefix or an expression, and ingress-nginx decides once per host.",
        "kubectl get ingress -A -o yaml",
        "Give the expression a host of its own, or write the other paths so that they are right either way.",
    ),
    Code(
        "SIM1401",
        "A Service of type LoadBalancer stays pending",
        "Nothing gives the Service an address: EXTERNAL-IP shows <pending>.",
        "Bare clusters and kind have no load balancers; Kubernetes only asks its cloud provider for one.",
        "kubectl get service NAME",
        "Install MetalLB or the like, use type NodePort, or run on a provider that brings load balancers.",
    ),
    Code(
        "SIM1402",
        "A nodePort that is taken",
        "Two Services ask for the same nodePort and protocol; the API server refuses the second.",
        "Every node has each port once, for all namespaces together.",
        "kubectl get services -A | grep NodePort",
        "Remove spec.ports[].nodePort from one of them: a free one is given.",
    ),
    Code(
        "SIM1403",
        "A message about default-http-backend, and nothing is wrong",
        "An older kubectl describe says that the default backend is not found. It looks for one that few "
        "controllers have used for years.",
        "The Ingress has no spec.defaultBackend, so kubectl shows where one used to be.",
        _INGRESS,
        "Nothing is to be mended. Paths that no rule matches get the controller's own 404.",
    ),
    Code(
        "SIM1404",
        "ExternalName with a selector",
        "A Service of type ExternalName is only a name in DNS; its selector is not used.",
        "The type was changed and the rest left as it was.",
        "kubectl get service NAME -o yaml",
        "Remove the selector, or set type: ClusterIP.",
    ),
    Code(
        "SIM1501",
        "A backend of another namespace without a grant",
        "The HTTPRoute names a backend of another namespace, and no ReferenceGrant there allows it: 500.",
        "Whoever owns a namespace says who may send to it.",
        f"{_ROUTE}\nkubectl get referencegrants -A",
        "Write a ReferenceGrant in the backend's namespace.",
    ),
    Code(
        "SIM1502",
        "Every weight of a rule is 0",
        "The rule matches, but no backend may be chosen: every request gets 500.",
        "A roll-out was stopped half-way.",
        _ROUTE,
        "Give one backend a weight above 0.",
    ),
    Code(
        "SIM1503",
        "A Gateway that is not there",
        "The HTTPRoute's parent does not exist, so no listener takes the route.",
        "A slip of the pen, or the Gateway is in another namespace.",
        "kubectl get gateways -A",
        "Name a Gateway that is there; give its namespace if it is another.",
    ),
    Code(
        "SIM1504",
        "A Gateway that does not let the route in",
        "No listener of the Gateway takes the route; the message names the check that failed.",
        "allowedRoutes.namespaces.from is Same unless it is said; sectionName or port name no listener; or "
        "route and listener have no host name in common.",
        "kubectl describe gateway NAME",
        "Set allowedRoutes.namespaces.from to All or Selector at the listener, or move the route.",
    ),
    Code(
        "SIM1505",
        "A GatewayClass that is not there",
        "No controller takes a Gateway of this class.",
        "A slip of the pen, or its controller is not installed.",
        "kubectl get gatewayclass",
        "Name a class that is there.",
    ),
)
