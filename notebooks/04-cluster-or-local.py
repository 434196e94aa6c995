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
# A Service of type LoadBalancer has a switch, `externalTrafficPolicy`. With `Cluster`, the default, every node takes
# connections and sends them to any Pod. With `Local` a node sends to its own Pods only. Blogs say: "Always use Local, it
# saves a hop."
#
# Here: two nodes, web-1 and web-2 on node-1, web-3 on node-2, policy Local.

# %%
import sim

lesson = sim.lesson("04-cluster-or-local")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# Which share of all connections does web-3 get?
#
# - **a** none
# - **b** a quarter
# - **c** a third
# - **d** a half

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# Still Local. A fourth Pod, web-4, is added on node-1. Who gets fewer connections than before?
#
# - **a** web-1 and web-2
# - **b** web-1, web-2 and web-3
# - **c** web-3 alone
# - **d** nobody; all keep theirs

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1", "Q2")
sim.spread(cluster, "demo/web")

# %% [markdown]
# That was arithmetic. Do 1,800 real connections confirm it, with one request each?

# %%
lesson.require("Q1", "Q2")
run = sim.run(lesson.experiment)
for station in run.stations:
    print(
        f"{station.spec.name:12} {station.spec.node}  {station.served:5} requests  busy {station.utilisation:.0%}"
    )

# %%
lesson.reveal("Q2")

# %%
lesson.require("Q1", "Q2")
fourth = """
apiVersion: v1
kind: Pod
metadata: {name: web-4, namespace: demo, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""
sim.spread(lesson.cluster(fourth), "demo/web")

# %% [markdown]
# ## Predict again
#
# The policy becomes `Cluster`. Whose address does a Pod see as the source of a connection?
#
# - **a** the client's
# - **b** the load balancer's
# - **c** that of the node where it arrived
# - **d** that of the Service

# %%
lesson.predict("Q3", answer="", because="")

# %%
lesson.reveal("Q3")

# %%
lesson.require("Q3")
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
    for hop in sim.route(built, sim.Request.parse("http://web.demo/")).hops:
        if source := hop.after.get("source", hop.before.get("source")):
            print(f"{name:8} the packet leaves the {hop.kind:6} with the source address {source}")

# %%
lesson.require("Q3")
sim.spread(other, "demo/web")

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *Local keeps … and pays with …; Cluster keeps … and pays with …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L04-1")`
# gives up to three hints. These are the objects as they were applied, to read and to copy from:

# %%
lesson.objects()

# %%
mine = """
"""  # YAML of the Pods to add or change
lesson.check("L04-1", mine)

# %%
mine = """
"""  # YAML of the Service
lesson.check("L04-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = """
"""  # YAML of the Service and its Pods, with --- between them
lesson.check("L04-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
