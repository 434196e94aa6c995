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
# # 11 · Twelve load balancers or one Ingress?
#
# Twelve teams, twelve Services of type LoadBalancer, twelve bills. Somebody says: "Put an Ingress in front, it
# saves a fortune." Somebody else: "It will be slower, and if it breaks, everything breaks." Both are half right, and
# which half depends on the provider.
#
# Eleven of the twelve speak HTTP. `dns` speaks UDP.

# %%
import sim

lesson = sim.lesson("11-twelve-load-balancers")
lesson

# %% [markdown]
# ## Predict
#
# What does one Ingress save a month on AWS (Network Load Balancers in three zones)?
#
# - **a** about 20 dollars
# - **b** about 250 dollars
# - **c** nothing; the controller costs as much

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# And on Azure, where a cluster has one load balancer for all its Services? What falls there?
#
# - **a** eleven load balancers, as on AWS
# - **b** nothing at all
# - **c** addresses and rules, for the load balancer is shared already

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# What happens to the mean latency?
#
# - **a** it doubles, for there is a second hop
# - **b** about one millisecond more
# - **c** it falls, for there is less to pass

# %%
lesson.predict("Q3", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require("Q1")
lesson.require("Q3")
aws = sim.compare(lesson.experiment, replications=3, provider="aws")
sim.chart(aws)

# %%
lesson.reveal("Q2")

# %%
lesson.require("Q2")
azure = sim.compare(lesson.experiment, provider="azure")
azure

# %% [markdown]
# Look at the rows, not at the total: which *lines* of the bill go away? On AWS each Service bought a load balancer and
# three addresses. On Azure there was one load balancer all the time; a Service buys an address and a rule on it.
#
# Both plans got the same clients at the same instants with the same service times, so the difference in latency is
# the plan's own: one more hop, one more queue. It is small beside the way from the client, and it would not be small
# beside a controller that is nearly full.
#
# Now step through the same clients through both plans, on one clock: play, or go hop by hop with the arrow keys.

# %%
lesson.require("Q3")
sim.replay(lesson.experiment, ["lb-per-service", "single-ingress"])

# %%
lesson  # what it was about

# %% [markdown]
# ## Explain
#
# Finish the sentence: *Merging pays where …, costs …, and risks …*
#
# Merging pays where **each Service buys a thing of its own** (a load balancer, addresses). It costs **a hop, the
# controller's Pods, and bytes that cross zones twice**. It risks **that one part fails for everybody**: twelve
# doors can be shut one at a time, one door only for all. And not everything fits through the door: an Ingress carries
# HTTP.
#
# ## Change something
#
# **L11-1.** From how many such Services on is the single Ingress cheaper, on aws, gcp and azure?

# %%
mine = {}  # such as {"aws": 5, "gcp": 5, "azure": 5}
lesson.check("L11-1", mine)

# %% [markdown]
# **L11-2.** Start small. Move `blog` and `status` behind one Ingress as `blog.example.com` and `status.example.com`, and
# give their load balancers back. Everything else stays as it is. (Namespace `shop`, class `nginx`; the Pods listen on
# 8080.)

# %%
mine = ""  # YAML
lesson.check("L11-2", mine)

# %% [markdown]
# ## Make something
#
# **L11-3.** The whole plan. Every Service that can move is behind one Ingress as NAME.example.com; what cannot, keeps
# its load balancer. How few load balancers are left?

# %%
mine = ""  # YAML; a loop over the names may write it
lesson.check("L11-3", mine)

# %% [markdown]
# Then write the advice you would give, in five lines: money, latency, what breaks for whom, what cannot move, and what
# you do not know.

# %%
lesson.report()

# %% [markdown]
# ## What this model leaves out
#
# Discounts, data transfer to the Internet (the same in both plans), the hours of the people who run a controller,
# and how a shared rulebook is governed. Prices are list prices of the date in the caption.
#
# **On a real cluster**:
#
# ```sh
# kubectl get services -A | grep LoadBalancer            # what you pay for today
# kubectl get ingress -A
# sim compare -f cluster.yaml --provider aws             # the same question for your own manifests
# ```
