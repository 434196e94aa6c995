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
# One request, every place that it meets, and the reason for each decision. The usual picture says: client, cloud load
# balancer, Ingress controller, Service, Pod. We follow real manifests along that line and mark where practice differs
# from the picture.
#
# Run the cells in order. A cell that shows something waits until you have said what you expect; a wrong answer costs
# nothing.

# %%
import sim

lesson = sim.lesson("00-traffic-flow")
cluster = sim.build(sim.load(["../scenarios/fanout/manifests"]))
lesson

# %% [markdown]
# ## 1. One address, two Services
#
# The Ingress `simple-fanout` has two rules for the host `fanout.example.com`: Prefix `/foo` leads to `service1`, Prefix
# `/bar` to `service2`. Which Service gets `fanout.example.com/foo`?
#
# - **a** service1 alone
# - **b** service2 alone
# - **c** half to each
# - **d** nobody; the answer is 404

# %%
lesson.predict("Q1", answer="", because="")

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
found = sim.route(cluster, sim.Request.parse("http://fanout.example.com/foo"))
found

# %%
lesson.require("Q1")
sim.draw(cluster, "http://fanout.example.com/foo")

# %% [markdown]
# And which Service gets `fanout.example.com/foobar`?
#
# - **a** service1 alone
# - **b** service2 alone
# - **c** half to each
# - **d** nobody; the answer is 404

# %%
lesson.predict("Q2", answer="", because="")

# %%
lesson.reveal("Q2")

# %%
lesson.require("Q2")
other = sim.route(cluster, sim.Request.parse("http://fanout.example.com/foobar"))
for step in next(hop for hop in other.hops if hop.kind == "controller").steps:
    print("held " if step.held else "lost ", step.row, "–", step.because)
print(other.final.state, other.final.status or "", "-", other.final.message)

# %% [markdown]
# ## 2. Behind the controller
#
# In the usual picture an arrow goes from the controller to the Service, and another one from the Service to a Pod. Which
# address does the controller connect to when a rule names `service1`?
#
# - **a** that of the load balancer
# - **b** the ClusterIP of service1
# - **c** that of a Pod of service1

# %%
lesson.predict("Q3", answer="", because="")

# %%
lesson.reveal("Q3")

# %%
lesson.require("Q3")
for hop in found.hops:
    print(f"{hop.kind:14} {hop.says}")

# %% [markdown]
# ## 3. Another cluster
#
# In the cluster of the scenario `no-controller` an Ingress was applied, and no controller runs. What does a browser get?
#
# - **a** 404, not found
# - **b** 502, bad gateway
# - **c** 503, service unavailable
# - **d** no code; nothing answers

# %%
lesson.predict("Q4", answer="", because="")

# %%
lesson.reveal("Q4")

# %%
lesson.require("Q4")
nobody = sim.load_experiment("no-controller").plan_to_run("single-ingress").cluster
silent = sim.route(nobody, sim.Request.parse("http://lonely.example.com/"))
print(silent.final.state, silent.final.status or "", "-", silent.final.message)

# %% [markdown]
# ## 4. Many requests
#
# Clients reach `service1` through a load balancer of its own and send up to twenty requests over one connection. How
# often does kube-proxy choose one of its two Pods?
#
# - **a** once for each client
# - **b** once for each connection
# - **c** once for each request
# - **d** once for each packet

# %%
lesson.predict("Q5", answer="", because="")

# %%
lesson.reveal("Q5")

# %%
lesson.require("Q5")
run = sim.run("fanout", plan="lb-per-service", requests=6000)
for number, station in enumerate(run.stations):
    print(f"{station.spec.name:12} {run.connections_of(number):4} connections {station.served:6} requests")

# %% [markdown]
# Now the same through the Ingress. Compare the shares of the controller's Pods with those of the application's Pods.

# %%
lesson.require("Q5")
shared = sim.run("fanout", plan="single-ingress", requests=6000)
for number, station in enumerate(shared.stations):
    role = "controller" if station.spec.is_controller else ""
    print(f"{station.spec.name:36} {station.served:6} requests {role}")

# %% [markdown]
# ## 5. What the way in costs
#
# The scenario `shop` has nine Services with a load balancer each, on AWS. Which part of the bill does one Ingress for
# all of them save?
#
# - **a** about 70 per cent
# - **b** about 80 per cent
# - **c** about 90 per cent
# - **d** all of it

# %%
lesson.predict("Q6", answer="", because="")

# %%
lesson.reveal("Q6")

# %%
lesson.require("Q6")
comparison = sim.compare("shop", replications=5, requests=6000)
sim.chart(comparison)

# %%
lesson.require("Q6")
comparison

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *The load balancer reads …, the node reads …, the controller reads …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# 1. Trace `http://fanout.example.com/bar/x`, then `http://other.example.com/foo`. Say the answer first.
# 2. Run `fanout` with `plan="lb-per-service"` and 500 requests. Are the shares nearer or further apart? Why?
# 3. Compare `shop` with `provider="azure"`. Which lines of the bill differ? (Look at the number of load balancers.)

# %%
lesson.on_a_cluster()
