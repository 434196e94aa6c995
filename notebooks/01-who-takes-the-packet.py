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
# Three Pods run the same program. In front of them stands a Service `web` with an address of its own. People say
# "the traffic goes through the Service". Does it? Something would have to run that takes it.
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
# Nine connections to Service `web` arrive at node-1. Where is it decided which of the three Pods gets each one?
#
# - **a** in the Service, a process that listens on the ClusterIP
# - **b** in rules on node-1 itself, once per connection
# - **c** in the load balancer, which knows the Pods

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
sim.rules(cluster, "node-1", service="demo/web")

# %% [markdown]
# These are the rules that kube-proxy wrote on node-1. Read the chain `KUBE-SVC-…`: three lines, each with a
# probability, and each jumps to a chain that rewrites the destination to one Pod. That is all that a Service is.
# Nothing listens on the ClusterIP; no node has that address.
#
# The same request as a picture. Look for a box called Service: there is none, only a name on a rule.

# %%
lesson.require("Q1")
sim.draw(cluster, "http://web.demo/")

# %%
lesson.require("Q1")
sim.spread(cluster, "demo/web")

# %% [markdown]
# ## Predict again
#
# Somebody removes the label `app` from Pod web-3. The Pod runs on. What happens to new connections?
#
# - **a** a third of them still go to web-3, for the Service knows it
# - **b** a third of them fail
# - **c** all of them go to web-1 and web-2

# %%
lesson.predict("Q2", answer="", because="")

# %%
lesson.require("Q2")
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
lesson.require("Q2")
sim.replay(lesson.experiment)

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *A Service is …, and which Pods get traffic is decided by …*
#
# A Service is **a name for rules that every node has**, and which Pods get traffic is decided by **the list of
# endpoints: the Pods that have the labels and are ready, at this moment**. The rules are written anew when the
# list changes. A connection that is open keeps its Pod.
#
# ## Change something
#
# **L01-1.** Change Service `web`, and nothing else, so that only web-1 and web-2 get traffic.
# `lesson.hint("L01-1")` gives up to three hints.

# %%
mine = ""  # YAML of the Service as you want it
lesson.check("L01-1", mine)

# %% [markdown]
# **L01-2.** Keep the Service as it is. Change Pod web-2 so that it runs on but gets no traffic, as somebody would
# who wants to look at it in peace.

# %%
mine = ""  # YAML of the Pod
lesson.check("L01-2", mine)

# %% [markdown]
# ## Make something
#
# **L01-3.** Write a Service `fast` of type LoadBalancer in namespace `demo`: it answers on port 81 and spreads over
# the two Pods with an ssd, which listen on 8080. Service `web` stays.

# %%
mine = ""  # YAML of the new Service
lesson.check("L01-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# kube-proxy needs a moment to write rules after endpoints change, and each node its own moment: here they change at
# once. Readiness is a fact of the file here; on a cluster a probe decides it, again and again.
#
# **On a real cluster** the same things look like this:
#
# ```sh
# kubectl -n demo get service web
# kubectl -n demo get endpointslices -l kubernetes.io/service-name=web
# kubectl -n demo get pods --show-labels
# # on a node, as root:
# iptables-save -t nat | grep demo/web
# ```
