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
# # 9 · 404, 502, 503: who is speaking?
#
# A status code looks like the application's word. Often the application was never asked. Before you open its log,
# find out who speaks: the load balancer, the controller, or the application itself.
#
# Here: a shop that works at `/`, and some addresses of it that do not.

# %%
import sim

lesson = sim.lesson("09-who-is-speaking")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# `shop.local/ghost` has a rule, but its Service does not exist. `shop.local/sleepy` has a Service whose only Pod is
# not ready. Which codes, and from whom?
#
# - **a** 404 for both, from the controller
# - **b** 404 for the first, 503 for the second, both from the controller
# - **c** 503 for both, from the controller
# - **d** 503 for both, from the application

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# `shop.local/relay` goes through the ClusterIP instead of straight to a Pod, and no Pod is ready. Which code now?
#
# - **a** 503, as before
# - **b** 502
# - **c** none; the browser waits until it gives up

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# `direct.demo` has a load balancer of its own and no Pods. What does a browser get?
#
# - **a** 503, from the load balancer
# - **b** a refused connection, without any code
# - **c** 404

# %%
lesson.predict("Q3", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
lesson.require("Q2")
lesson.require("Q3")
for url in ("shop.local/", "shop.local/ghost", "shop.local/sleepy", "shop.local/relay", "shop.local/private",
            "api.local/v2", "safe.local/", "direct.demo/"):
    final = sim.route(cluster, sim.Request.parse(f"http://{url}")).final
    print(f"{url:20} {final.status or '-':>4}  {final.answered_by or 'nobody':16} {final.message}")

# %% [markdown]
# One of these eight was answered by the application. Look at one of the others, hop by hop, as far as it came:

# %%
lesson.require("Q2")
sim.draw(cluster, "http://shop.local/sleepy")

# %%
lesson.require("Q2")
sim.route(cluster, sim.Request.parse("http://shop.local/relay"))

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require("Q3")
sim.replay(lesson.experiment)

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence: *404 from the controller means …, 503 means …, 502 means …; and no code at all means …*
#
# From this controller, **404**: no rule fits. **503**: a rule fits, and there is nothing behind it (no Service, or no
# ready Pod). **502**: it tried to connect and was refused, or the answer made no sense. **308** and **403** are its
# own too. **No code**: nobody who speaks HTTP was reached. Other controllers choose other numbers for the same
# fault: one more reason to ask first who speaks.
#
# ## Change something
#
# **L09-1.** Mend `shop.local/ghost` and `shop.local/sleepy` so that an application answers both, by adding or
# changing Services and Pods only. All else stays as it is.

# %%
mine = ""  # YAML
lesson.check("L09-1", mine)

# %% [markdown]
# **L09-2.** `shop.local/private` answers 403 to the office, whose address is 203.0.113.9. Let the office in, besides
# 10.0.0.0/8, and nobody else.

# %%
mine = ""  # YAML of the Ingress
lesson.check("L09-2", mine)

# %% [markdown]
# ## Make something
#
# **L09-3.** Write the diagnosis of six hosts, m1.local to m6.local (folder `mystery/`; for m1 ask `/app/x`, else `/`).
# For each: the code, or `none`, and who speaks: `application`, `controller` or `nobody`.

# %%
mine = {}  # such as {"m1": "200 application", "m2": ...}
lesson.check("L09-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# The application's own codes: here a request that reaches it counts as served. A Pod that hangs (504), one that dies
# in the middle of an answer (502), and the seconds after a change in which a node or controller does not know yet.
#
# **On a real cluster**:
#
# ```sh
# curl -si http://shop.local/ghost | head -5                 # the page of a controller names its server
# kubectl -n ingress-nginx logs deploy/ingress-nginx-controller | tail   # upstream and its status, or "-"
# kubectl -n demo get endpointslices                         # is anything ready behind the Service?
# kubectl -n demo logs deploy/web | tail                     # was the application asked at all?
# ```
