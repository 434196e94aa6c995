# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From the browser to a Pod
#
# One request, every hop, and the reason for each decision. The usual picture says: client, cloud load balancer,
# Ingress controller, Service, Pod. We follow real manifests along that line and mark where practice differs
# from the picture. Before each answer, say what you expect.

# %%
import sim

cluster = sim.build(sim.load(["../scenarios/fanout/manifests"]))
sim.draw(cluster, "http://fanout.example.com/foo")

# %% [markdown]
# ## 1. One address, two Services: who decides?
#
# The Ingress `simple-fanout` sends `/foo` to `service1` and `/bar` to `service2`. **Predict:** which Service
# gets `/foo`, and which part of the request decided it?

# %%
found = sim.route(cluster, sim.Request.parse("http://fanout.example.com/foo"))
assert found.final.backend == "default/service1:4200"
found

# %% [markdown]
# The load balancer looked at the port only; it cannot read a path. The controller compared host and path with
# each rule. The rule that lost is listed with the part that failed.

# %%
rules = next(hop for hop in found.hops if hop.kind == "controller").steps
for step in rules:
    print("held " if step.held else "lost ", step.row, "–", step.because)

# %% [markdown]
# **Predict:** what does `/foobar` get? Does the Prefix `/foo` match it?

# %%
missed = sim.route(cluster, sim.Request.parse("http://fanout.example.com/foobar"))
assert missed.final.status == 404
assert missed.final.backend is None
print(missed.final.state, missed.final.status, "-", missed.final.message)
print("mend it:", missed.final.fix)

# %% [markdown]
# A Prefix matches whole path elements: `/foo/bar`, never `/foobar`. The 404 is the *controller's* own. No
# application was asked, so no application log has it.
#
# ## 2. Where practice differs: the controller sends to Pods
#
# In the picture the arrow goes controller, Service, Pod. **Predict:** which address does the controller
# connect to: the Service's ClusterIP, or a Pod's?

# %%
for hop in found.hops:
    print(f"{hop.kind:14} {hop.says}")

# %% [markdown]
# ingress-nginx reads the endpoints of the Service and connects to a Pod itself. The Service decides *which*
# Pods there are; its ClusterIP and kube-proxy are not on this part of the way. kube-proxy was there earlier:
# it took the connection from the load balancer to a controller Pod.
#
# ## 3. An Ingress is a rule book; somebody has to read it
#
# The scenario `no-controller` has an Ingress and no controller. **Predict:** a 404, a 503, or something else?

# %%
nobody = sim.load_experiment("no-controller").plan_to_run("single-ingress").cluster
silent = sim.route(nobody, sim.Request.parse("http://lonely.example.com/"))
assert silent.final.status is None
print(silent.final.state, "-", silent.final.message)

# %% [markdown]
# No status at all: the Ingress has no address, so there is nothing to connect to. A 404 needs somebody to say it.
#
# ## 4. Spreading: connections, not requests
#
# kube-proxy chooses once per *connection*. A client that keeps its connection open stays with its Pod.
# **Predict:** in the plan lb-per-service some 3,600 requests go to `service1`, twenty per connection at most. Is
# the share of each of its two Pods near a half?

# %%
run = sim.run("fanout", plan="lb-per-service", requests=6000)
for number, station in enumerate(run.stations):
    print(f"{station.spec.name:12} {run.connections_of(number):4} connections {station.served:6} requests")
first, second = (station.served for station in run.stations[:2])
assert abs(first - second) > 3 * (first + second) ** 0.5  # three standard deviations, if requests were drawn

# %% [markdown]
# The two shares differ by more than chance would allow for single requests: what is drawn is the connection,
# and all its requests follow. Now through the Ingress, where the controller chooses anew for every request:

# %%
shared = sim.run("fanout", plan="single-ingress", requests=6000)
for number, station in enumerate(shared.stations):
    role = "controller" if station.spec.is_controller else ""
    print(f"{station.spec.name:36} {station.served:6} requests {role}")


# %% [markdown]
# Count both columns: the controller's Pods have uneven shares (connections again), the application's Pods even
# ones (round robin per request).
#
# ## 5. One load balancer per Service, or one Ingress?
#
# The scenario `shop` has nine Services, each with a load balancer of its own. **Predict:** what does one
# Ingress save, and what does it add to a request?

# %%
comparison = sim.compare("shop", replications=5, requests=6000)
direct, ingress = comparison.pair
assert ingress.bill.amount < direct.bill.amount
assert comparison.differences["mean"].mean > 0
sim.chart(comparison)

# %%
comparison

# %% [markdown]
# Eight load balancers and their addresses go; a controller and its bytes between zones come. The mean rises by
# about a millisecond: one more hop and one more queue.
#
# ## Change something
#
# 1. Trace `http://fanout.example.com/bar/x`, then `http://other.example.com/foo`. Say the answer first.
# 2. Run `fanout` with `plan="lb-per-service"` and 500 requests. Are the shares nearer or further apart? Why?
# 3. Compare `shop` with `provider="azure"`. Why is the saving smaller? (Look at the number of load balancers.)
#
# **What the model leaves out:** packet loss, slow start, HTTP/2 inside the cluster, autoscaling. See
# `sim model`. On a real cluster, look at the same things with `kubectl describe ingress`,
# `kubectl get endpointslices`, and on a node `iptables-save | grep KUBE-SVC`.
