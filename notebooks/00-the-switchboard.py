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
# # 0 · One number for everybody. Who puts you through?
#
# Five minutes, and you need to know nothing beforehand. Run each cell with Shift and Enter. First, look:

# %%
import sim

lesson = sim.lesson("00-the-switchboard")
cluster = lesson.cluster()
sim.draw(cluster, kind="computers")

# %% [markdown]
# Now the names of what you saw.
#
# - A **Pod** is a program that runs, with an address of its own. `cart-1` and `cart-2` are two copies of one program.
# - A **node** is a computer; Pods run on it.
# - A **cluster** is all nodes together. This one belongs to a shop.
#
# Pods come and go, and their addresses with them. So the copies of one program share a name that stays, such as `cart`:
# that is a **Service**. The shop is known by one address, `http://shop.example.com`. A list says which path belongs to
# which Service: that is an **Ingress**. Its lines look like this:
#
# ```yaml
# kind: Ingress
# metadata: {name: shop, namespace: shop}
# spec:
#   rules:
#   - host: shop.example.com
#     http:
#       paths:
#       - {path: /cart, backend: {service: {name: cart, port: {number: 80}}}, ...}
#       - {path: /help, backend: {service: {name: help, port: {number: 80}}}, ...}
#       - {path: /news, backend: {service: {name: news, port: {number: 80}}}, ...}
# ```
#
# A request on its way meets, in this order: a **load balancer**, which holds the address; **kube-proxy**, the part of
# a node that passes packets on; an **Ingress controller**, a program in a Pod; and the Pod that answers.
#
# ## Predict
#
# Three guesses before you see more. Write a letter and one sentence why, and run the cell. A wrong guess costs nothing.
#
# **Q1.** `http://shop.example.com/cart` and `http://shop.example.com/help` arrive at the same address and the same
# port. Which place is the first that can tell one from the other?
#
# - **a** the load balancer at that address
# - **b** kube-proxy on the node that it picks
# - **c** the Ingress controller
# - **d** the Pod that answers

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# **Q2.** The line that fits says: `/cart` is Service `cart`. What does the controller open a connection to?
#
# - **a** a load balancer that `cart` has for itself
# - **b** a program called `cart`, which forwards
# - **c** kube-proxy on another node
# - **d** one of the Pods of `cart`

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# **Q3.** A cluster has just been started, and nothing was installed in it. Which of these does not run there yet?
#
# - **a** the Deployment controller, which starts and replaces Pods
# - **b** the Ingress controller, which reads Ingresses
# - **c** kube-proxy, which writes the rules of Services on each node

# %%
lesson.predict("Q3", answer="", because="")

# %% [markdown]
# ## Run, and see
#
# A company has one telephone number. What happens if you call it and ask for Sales? Above the company, below the shop:

# %%
lesson.require()
sim.draw(cluster, "http://shop.example.com/cart", kind="switchboard")

# %%
lesson.reveal("Q1")

# %%
lesson.reveal("Q2")

# %%
lesson.reveal("Q3")

# %% [markdown]
# The same request, step by step, as `sim trace` tells it. Each line is a place, and says what is decided there:

# %%
lesson.require()
sim.route(cluster, sim.Request.parse("http://shop.example.com/cart"))

# %% [markdown]
# ## Service and Ingress, side by side

# %%
lesson.require()
sim.draw(cluster, "http://shop.example.com/cart", kind="layers")

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L00-1")`
# gives up to three hints. This is the whole Ingress; copy it, and change the copy:

# %%
lesson.objects("Ingress")

# %%
mine = """
"""  # YAML of what is missing
lesson.check("L00-1", mine)

# %% [markdown]
# Then watch it happen: the page plays all requests of the shop, one step at a time if you like.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()

# %% [markdown]
# Next: [lesson 6](06-who-reads-the-ingress.ipynb), then 7, 1 and 9.
