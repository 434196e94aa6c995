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
# An Ingress is an object in the API: some rules, hosts, paths, Services. A Deployment is brought to life by a
# controller that every cluster has. Who brings an Ingress to life?
#
# Here: an application, its Service, an IngressClass `nginx` and an Ingress for `shop.local`. All were applied, and
# `kubectl` printed `created` four times.

# %%
import sim

lesson = sim.lesson("06-who-reads-the-ingress")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# There is no Ingress controller in the cluster. What does a browser get?
#
# - **a** 404, for nobody has a rule for it
# - **b** 503, for no backend is there
# - **c** no answer at all, for there is nothing to connect to

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
# A 404 needs somebody to say it. Here nobody made an address. With a controller the same rules are read; the empty
# place in the picture fills:

# %%
lesson.require("Q1")
with_reader = lesson.cluster(given=("manifests/", "controller/"))
sim.draw(with_reader, "http://shop.local/")

# %% [markdown]
# ## Predict again
#
# The controller runs. Another Ingress says `ingressClassName: ingress-nginx`, while the IngressClass is called
# `nginx`. What does a browser get?
#
# - **a** 404, from the controller
# - **b** the page, for the controller is ingress-nginx
# - **c** no answer at all

# %%
lesson.predict("Q2", answer="", because="")

# %%
lesson.require("Q2")
four = lesson.cluster(given=("manifests/", "controller/", "broken/"))
sim.route(four, sim.Request.parse("http://two.local/"))

# %% [markdown]
# The request came to the controller, for its name leads to the same address. The controller has no rule for the host:
# it never read that Ingress. *No answer* and *404* are different places: before the controller, and in it.
#
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require("Q2")
sim.replay(lesson.experiment)

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence: *An Ingress works if … runs, and the Ingress names … that says …*
#
# An Ingress works if **a controller** runs, and the Ingress names **an IngressClass** that says **this controller's
# name** in `spec.controller`. Without a class name the default class counts, if there is one. The API server checks
# none of that: valid is not working.
#
# (`kubectl describe ingress` often prints `default-http-backend:80 (<error: endpoints … not found>)`. It frightens
# people and means nothing: no default backend was asked for.)
#
# ## Change something
#
# **L06-1.** Install a reader, so that `http://shop.local/` is served. The Deployment and Service of one lie in
# `scenarios/06-who-reads-the-ingress/controller/`.

# %%
mine = ""  # YAML of what is missing
lesson.check("L06-1", mine)

# %% [markdown]
# **L06-2.** Four Ingresses (folder `broken/`) were applied without a complaint and serve nothing. Mend all four, so
# that one.local to four.local reach Service `web` in namespace `shop`. Look at each first:

# %%
for name in ("one", "two", "three", "four"):
    final = sim.route(four, sim.Request.parse(f"http://{name}.local/")).final
    print(f"{name:6} {final.status}  {final.message}")

# %%
mine = ""  # YAML of the four Ingresses
lesson.check("L06-2", mine)

# %% [markdown]
# ## Make something
#
# **L06-3.** Write an Ingress `blog` in namespace `shop` for `blog.local` that names no class, and make it work without
# touching the Ingresses that are there.

# %%
mine = ""  # YAML
lesson.check("L06-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# A controller needs rights to read Ingresses and Secrets (RBAC), and some have a webhook that refuses what they
# cannot use. Cloud controllers make a load balancer of their own instead of Pods with a Service in front.
#
# **On a real cluster**:
#
# ```sh
# kubectl get ingressclass                       # which classes, whose controller
# kubectl get ingress -A                         # CLASS and ADDRESS: an empty ADDRESS is the first sign
# kubectl get pods -A | grep -i ingress          # does one run?
# curl -v -H 'Host: shop.local' http://ADDRESS/  # who answers?
# ```
