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
# # 7 · Which rule wins?
#
# One host, four rules, and they overlap. `/cart/items/7` fits three of them, and only one can win. There is a second host
# rule with a star, too.
#
# | host | path | type | Service |
# |---|---|---|---|
# | shop.local | / | Prefix | root |
# | shop.local | /cart | Prefix | cart |
# | shop.local | /cart | Exact | cart-page |
# | shop.local | /cart/items | Prefix | items |
# | *.shop.local | / | Prefix | tenants |

# %%
import sim

lesson = sim.lesson("07-which-rule-wins")
cluster = lesson.cluster()
lesson

# %% [markdown]
# ## Predict
#
# Who gets `shop.local/cartoon`?
#
# - **a** cart, by the Prefix /cart
# - **b** cart-page, by the Exact /cart
# - **c** root, by the Prefix /
# - **d** nobody; the answer is 404

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# And who gets `shop.local/cart/`, with a slash at the end?
#
# - **a** cart, by the Prefix /cart
# - **b** cart-page, by the Exact /cart
# - **c** root, by the Prefix /
# - **d** nobody; the answer is 404

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1", "Q2")
sim.route(cluster, sim.Request.parse("http://shop.local/cartoon"))

# %%
lesson.reveal("Q2")

# %%
mine = {}  # such as {"/": "items", "/cart": ...}
lesson.check("L07-0", mine)

# %% [markdown]
# The whole grid: rows are rules, columns are paths, ● marks the winner, ○ a rule that fits and loses.

# %%
lesson.require("Q1", "Q2")
sim.grid(cluster, ["/", "/cart", "/cart/", "/cartoon", "/cart/items", "/cart/items/7"], host="shop.local")

# %% [markdown]
# ## Predict again
#
# A new rule gives the host `eu.shop.local` a path of its own, Prefix `/cart`. Who gets `eu.shop.local/about` now?
#
# - **a** cart, by the new Prefix /cart
# - **b** root, by the Prefix / of shop.local
# - **c** tenants, by the Prefix / of *.shop.local
# - **d** nobody; the answer is 404

# %%
lesson.predict("Q3", answer="", because="")

# %%
lesson.reveal("Q3")

# %%
lesson.require("Q3")
eu = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: eu, namespace: demo}
spec:
  ingressClassName: nginx
  rules:
  - host: eu.shop.local
    http:
      paths:
      - {path: /cart, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}
"""
sim.route(lesson.cluster(eu), sim.Request.parse("http://eu.shop.local/about"))

# %% [markdown]
# Now step through the requests of this lesson, one after the other: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment)

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *First … is chosen; then … wins; and between two equal ones …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L07-1")`
# gives up to three hints. These are the objects as they were applied, to read and to copy from:

# %%
lesson.objects("Ingress")

# %%
mine = """
"""  # YAML of an Ingress
lesson.check("L07-1", mine)

# %%
mine = """
"""  # YAML of an Ingress
lesson.check("L07-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = """
"""  # YAML of an Ingress
lesson.check("L07-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
