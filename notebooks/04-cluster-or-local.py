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
# # 4 · Cluster or Local?
#
# A Service of type LoadBalancer has a switch, `externalTrafficPolicy`. `Cluster`, the default, lets every node take
# connections and send them to any Pod. `Local` lets a node send to its own Pods only. Blogs say: "use Local, it
# keeps the client's address and saves a hop". That is true, and not all of it.
#
# Here: two nodes, two Pods on node-1, one on node-2, policy Local.

# %%
import sim

lesson = sim.lesson("04-cluster-or-local")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# Which share of the connections does each Pod get?
#
# - **a** a third each
# - **b** a quarter, a quarter and a half
# - **c** a half, a half and nothing

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
sim.spread(cluster, "demo/web")

# %% [markdown]
# The load balancer knows nodes, not Pods. It gives each healthy node the same share; what the node does with it is
# the node's business. Two Pods share one half, the third has the other half to itself.
#
# That was arithmetic. Does it come out when 1,800 connections really arrive, one request each?

# %%
lesson.require("Q1")
run = sim.run(lesson.experiment)
for station in run.stations:
    print(f"{station.spec.name:12} {station.spec.node}  {station.served:5} requests  busy {station.utilisation:.0%}")

# %% [markdown]
# A quarter is 450 of 1,800. Exactly 450 would be a surprise: each connection is drawn anew.
#
# ## Predict again
#
# The policy becomes `Cluster`. Whose address does a Pod now see as the source of a connection?
#
# - **a** the client's, as before
# - **b** the load balancer's
# - **c** that of the node where the connection arrived

# %%
lesson.predict("Q2", answer="", because="")

# %%
lesson.require("Q2")
as_cluster = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Cluster
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
other = lesson.cluster(as_cluster)
for name, built in (("Local", cluster), ("Cluster", other)):
    node = next(hop for hop in sim.route(built, sim.Request.parse("http://web.demo/")).hops if hop.kind == "node")
    print(f"{name:8} before {node.before.get('source')}  after {node.after.get('source', 'the same')}")

# %%
lesson.require("Q2")
sim.spread(other, "demo/web")

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require("Q2")
sim.replay(lesson.experiment)

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence: *Local keeps … and pays with …; Cluster keeps … and pays with …*
#
# **Local** keeps the client's address and pays with shares that depend on where Pods happen to run; a node without
# a Pod gets nothing (its health check fails). **Cluster** keeps even shares and pays with the address, and often
# with a second hop: the node that took the connection must see the answer again, so it writes its own address into
# the packets (masquerade).
#
# ## Change something
#
# **L04-1.** Keep policy Local. Add or move Pods until every Pod gets the same share.

# %%
mine = ""  # YAML of the Pods to add or change
lesson.check("L04-1", mine)

# %% [markdown]
# **L04-2.** Change the Service so that the three Pods get a third each, wherever they run. (What do you pay?)

# %%
mine = ""  # YAML of the Service
lesson.check("L04-2", mine)

# %% [markdown]
# ## Make something
#
# **L04-3.** Write a Service `api` of type LoadBalancer with its Pods (label `app`, port 8080): every Pod sees the
# client's address, at least four Pods have a share, and none takes more than a quarter. The nodes are called node-1
# and node-2.

# %%
mine = ""  # YAML of the Service and its Pods, with --- between them
lesson.check("L04-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# Some load balancers do send to Pods directly (target type `ip`, container-native load balancing): then neither
# question arises. Some weigh nodes by their number of Pods. A health check needs time: after the last Pod of a node
# is gone, connections still arrive there for some seconds and are dropped.
#
# **On a real cluster**:
#
# ```sh
# kubectl -n demo get service web -o jsonpath='{.spec.externalTrafficPolicy} {.spec.healthCheckNodePort}'
# kubectl -n demo get pods -o wide                  # how many Pods on which node?
# curl http://NODE:HEALTHCHECKNODEPORT/             # localEndpoints on that node; 503 if there is none
# kubectl -n demo logs POD                          # whose address stands in the access log?
# ```
