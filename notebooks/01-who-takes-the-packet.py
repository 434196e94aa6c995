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
# # 1 · Who takes the packet?
#
# Three Pods run the same program, one on each of three nodes. In front of them stands a Service, `web`, with an address
# of its own, the ClusterIP, and a load balancer that clients reach as `web.demo`. People say "the traffic goes through the Service".
# What does a packet meet on that way?
#
# Run the cells in order. A cell that shows something waits until you have said what you expect.

# %%
import sim

lesson = sim.lesson("01-who-takes-the-packet")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# Nine connections for Service `web` arrive at node-1. Where is it decided which of the three Pods gets each of them?
#
# - **a** at the load balancer, which has a list of the three Pods
# - **b** on node-1, in the kernel, which has a list of the three Pods
# - **c** at the Service, a process that listens on its address
# - **d** in the first Pod, which passes on what it cannot take

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# You log in to each of the three nodes and look for the process that listens on the address of Service `web`. How many
# do you find?
#
# - **a** none
# - **b** one, on the node where the connections arrive
# - **c** two, so that one can stand in for the other
# - **d** three, one on each node

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.reveal("Q2")

# %%
lesson.require("Q1", "Q2")
sim.route(cluster, sim.Request.parse("http://web.demo/"))

# %%
lesson.require("Q1", "Q2")
sim.draw(cluster, "http://web.demo/")

# %%
lesson.require("Q1", "Q2")
sim.spread(cluster, "demo/web")

# %% [markdown]
# ## Predict again
#
# Somebody removes the label `app` from Pod web-3, and the Pod runs on. Where do new connections go that web-3 would have
# got?
#
# - **a** to web-1 and web-2
# - **b** to web-3, as before
# - **c** to nobody; they are refused
# - **d** to nobody; they wait for the label

# %%
lesson.predict("Q3", answer="", because="")

# %%
lesson.reveal("Q3")

# %%
lesson.require("Q3")
without_label = """
apiVersion: v1
kind: Pod
metadata: {name: web-3, namespace: demo, labels: {track: canary, disk: ssd}}
spec: {nodeName: node-3, containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""
sim.spread(lesson.cluster(without_label), "demo/web")

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *A Service is …, and which Pods get traffic is decided by …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L01-1")`
# gives up to three hints. These are the objects as they were applied, to read and to copy from:

# %%
lesson.objects()

# %%
mine = """
"""  # YAML of the Service as you want it
lesson.check("L01-1", mine)

# %%
mine = """
"""  # YAML of the Pod
lesson.check("L01-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = """
"""  # YAML of the new Service
lesson.check("L01-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
