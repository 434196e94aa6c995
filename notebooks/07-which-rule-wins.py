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
# One host, four rules, and they overlap. `/cart/items/7` fits three of them. Somebody has to win, and the order in
# the file has nothing to do with it. There is a second host rule with a star, too.
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

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# And who gets `shop.local/cart/`, with a slash at the end?
#
# - **a** cart-page, by the Exact /cart
# - **b** cart, by the Prefix /cart
# - **c** root, by the Prefix /

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
sim.route(cluster, sim.Request.parse("http://shop.local/cartoon"))

# %%
lesson.reveal("Q2")

# %% [markdown]
# The whole grid: rows are rules, columns are URLs, ● marks the winner, ○ a rule that fits and loses.

# %%
lesson.require("Q2")
sim.grid(cluster, ["/", "/cart", "/cart/", "/cartoon", "/cart/items", "/cart/items/7"], host="shop.local")

# %% [markdown]
# ## Predict again
#
# A new rule gives the host `eu.shop.local` a path of its own, `/cart`. Who gets `eu.shop.local/about` now?
#
# - **a** tenants, as before, by the rule for *.shop.local
# - **b** root, by the Prefix / of shop.local
# - **c** nobody; 404

# %%
lesson.predict("Q3", answer="", because="")

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
lesson.require("Q3")
sim.replay(lesson.experiment)

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence: *First … is chosen; within it … wins; between two of the same length …*
#
# First the **host** is chosen, its own name before a star, and in ingress-nginx that choice is final. Within it the
# **longest path** wins; between two of the same length **Exact** beats Prefix. A Prefix fits whole path elements:
# `/cart` fits `/cart`, `/cart/` and `/cart/items`, never `/cartoon`. Exact fits its own text and nothing else.
#
# ## Change something
#
# **L07-1.** The team of Service `beta` wants `/cart/beta` and all below it. Add the rule, and change no other answer.

# %%
mine = ""  # YAML of an Ingress
lesson.check("L07-1", mine)

# %% [markdown]
# **L07-2.** `eu.shop.local/cart` shall go to Service `cart`. Everything else of `eu.shop.local` goes to `tenants`, as
# before, and so do all other names below `shop.local`.

# %%
mine = ""  # YAML of an Ingress
lesson.check("L07-2", mine)

# %% [markdown]
# ## Make something
#
# **L07-3.** Write the rules of `blog.local` yourself. `/` alone goes to root; `/posts` and all below to items;
# `/posts/new`, exactly, to beta; anything else to cart-page.

# %%
mine = ""  # YAML of an Ingress
lesson.check("L07-3", mine)

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# Nothing of the rules: they are those of the API and of ingress-nginx, and were compared with a real nginx. But
# other controllers differ where the API leaves room: what `ImplementationSpecific` means, and whether a host falls
# back to a wildcard. Try `sim trace --controller spec --controller ingress-nginx` on your own manifests.
#
# **On a real cluster**:
#
# ```sh
# kubectl -n demo describe ingress
# curl -s -o /dev/null -w '%{http_code}\n' -H 'Host: shop.local' http://ADDRESS/cartoon
# kubectl -n ingress-nginx exec DEPLOY -- cat /etc/nginx/nginx.conf | grep -A3 'location '
# ```
