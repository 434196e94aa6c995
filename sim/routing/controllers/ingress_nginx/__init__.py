"""The profile `ingress-nginx`: what the controller of the kubernetes/ingress-nginx repository does, v1.15.

It writes one server per host and one or two locations per path, and nginx then looks up its own way: the path
is normalised first, an exact location wins, a location one slash longer redirects, else the longest prefix
serves. A host with a server of its own never falls back to another one. Rewrites, patterns, redirects,
canaries, affinity, limits and source ranges follow the annotations; any other annotation of its prefix is
reported as one that may change the answer. Its ConfigMap and arguments are
read where the set has them (`configuration`). Source: kubernetes/ingress-nginx at dbb11b9; nginx's
ngx_http_core_module.
"""
