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
# A status code comes from somewhere on the way of a request. Before you open a log, find out from where.
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
# `shop.local/ghost` has a rule, but its Service does not exist. `shop.local/sleepy` has a Service whose only Pod is not
# ready. Which codes, and who writes them?
#
# - **a** 404 for both, from the controller
# - **b** 404 and then 503, from the controller
# - **c** 503 for both, from the controller
# - **d** 503 for both, from the application

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# `shop.local/relay` goes through the Service's ClusterIP instead of straight to a Pod, and no Pod is ready. What does a
# browser get?
#
# - **a** 404, from the controller
# - **b** 502, from the controller
# - **c** 503, from the controller
# - **d** no code; it waits until it gives up

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# `direct.demo` has a load balancer of its own, no Ingress, and no Pods. What does a browser get?
#
# - **a** 404, from the load balancer
# - **b** 502, from the load balancer
# - **c** 503, from the load balancer
# - **d** no code; the connection is refused

# %%
lesson.predict("Q3", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.reveal("Q2")

# %%
lesson.reveal("Q3")

# %%
lesson.require()
for url in (
    "shop.local/",
    "shop.local/ghost",
    "shop.local/sleepy",
    "shop.local/relay",
    "shop.local/private",
    "api.local/v2",
    "safe.local/",
    "direct.demo/",
):
    final = sim.route(cluster, sim.Request.parse(f"http://{url}")).final
    code = final.status or (200 if final.state == "delivered" else "none")
    print(f"{url:20} {code:>4}  {final.answered_by or 'nobody':16} {final.message}")

# %% [markdown]
# How many of these eight did an application answer? Look at two of the others, as far as each came:

# %%
lesson.require()
sim.draw(cluster, "http://shop.local/sleepy")

# %%
lesson.require()
sim.route(cluster, sim.Request.parse("http://shop.local/relay"))

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare:
# *404 from the controller means …, 503 means …, 502 means …; and no code at all means …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L09-1")`
# gives up to three hints. These are the objects as they were applied, to read and to copy from; those of the third task
# are shown by `lesson.objects(folder="mystery")`.

# %%
lesson.objects()

# %%
mine = """
"""  # YAML of Services and Pods
lesson.check("L09-1", mine)

# %%
mine = """
"""  # YAML of the Ingress
lesson.check("L09-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = {}  # such as {"m1": "200 application", "m2": ...}
lesson.check("L09-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
