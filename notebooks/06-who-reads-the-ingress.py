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
# # 6 · An Ingress was applied. Who reads it?
#
# An Ingress is an object in the API: hosts, paths, Services. A Deployment is acted on by a controller that every cluster
# has. And an Ingress?
#
# Here: an application, its Service, an IngressClass and an Ingress for `shop.local`. All were applied, and `kubectl`
# printed `created` four times. The class says whose rules they are: `spec.controller` is the name by which a controller
# knows itself.
#
# ```yaml
# kind: IngressClass
# metadata: {name: nginx}
# spec: {controller: k8s.io/ingress-nginx}
# ---
# kind: Ingress
# metadata: {name: shop, namespace: shop}
# spec:
#   ingressClassName: nginx
#   rules: [{host: shop.local, ...}]
# ```

# %%
import sim

lesson = sim.lesson("06-who-reads-the-ingress")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# No Ingress controller runs in this cluster. What does a browser get that asks for `http://shop.local/`?
#
# - **a** 404, not found
# - **b** 502, bad gateway
# - **c** 503, service unavailable
# - **d** no code; nothing answers

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
sim.route(cluster, sim.Request.parse("http://shop.local/"))

# %% [markdown]
# Now the same cluster, with the objects of the folder `controller/` as well:

# %%
lesson.require("Q1")
with_controller = lesson.cluster(given=("manifests/", "controller/"))
sim.draw(with_controller, "http://shop.local/")

# %% [markdown]
# ## Predict again
#
# ingress-nginx runs, and one more Ingress was applied, for `two.local`. It says `ingressClassName: ingress-nginx`; the
# only IngressClass is called `nginx`. The name `two.local` leads to the same address as `shop.local`. What does a browser
# get that asks for `http://two.local/`?
#
# - **a** 200, the page
# - **b** 404, not found
# - **c** 503, service unavailable
# - **d** no code; nothing answers

# %%
lesson.predict("Q2", answer="", because="")

# %%
lesson.reveal("Q2")

# %%
lesson.require("Q2")
four = lesson.cluster(given=("manifests/", "controller/", "broken/"))
sim.route(four, sim.Request.parse("http://two.local/"))

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *An Ingress works if … runs, and the Ingress names … that says …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L06-1")`
# gives up to three hints. `lesson.objects()` shows the objects that were applied, to read and to copy from.

# %%
lesson.objects(folder="controller")

# %%
mine = """
"""  # YAML of what is missing
lesson.check("L06-1", mine)

# %% [markdown]
# The next task is about four Ingresses, which `lesson.objects(folder="broken")` shows. Ask for each first:

# %%
lesson.require()
for name in ("one", "two", "three", "four"):
    final = sim.route(four, sim.Request.parse(f"http://{name}.local/")).final
    print(f"{name:6} {final.status}  {final.message}")

# %%
mine = """
"""  # YAML of the four Ingresses
lesson.check("L06-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = """
"""  # YAML of what it needs
lesson.check("L06-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
