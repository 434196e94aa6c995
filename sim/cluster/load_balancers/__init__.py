"""What load balancer a Service of type LoadBalancer gets, by provider, controller and annotation.

Pure values and functions, asked by whoever needs the fact: the trace, shares, runs, plans, bills, pages and
`sim inspect`. One module for each of those who make load balancers; `makers` is their registry, `found`
says on which provider a set of manifests runs, `targets` where new connections go, `values` what all of
them speak of.
"""
