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
# Twelve teams, twelve Services of type LoadBalancer, twelve bills. Somebody says: "Put one Ingress in front, it saves a
# fortune." Somebody else says: "It will be slower, and if it breaks, everything breaks." Who is right, and where?
#
# Eleven of the twelve speak HTTP. `dns` speaks UDP.

# %%
import sim

lesson = sim.lesson("11-twelve-load-balancers")
lesson

# %% [markdown]
# ## Predict
#
# On Azure a cluster has one load balancer for all its Services, and the twelve cost about 118 dollars a month. How
# much of that does one Ingress save?
#
# - **a** nothing
# - **b** about 20 dollars
# - **c** about 50 dollars
# - **d** about 80 dollars

# %%
lesson.predict("Q1", answer="", because="")

# %% [markdown]
# On AWS each Service has a Network Load Balancer in three zones, and the twelve cost about 349 dollars a month. How
# much of that does one Ingress save?
#
# - **a** about 80 dollars
# - **b** about 250 dollars
# - **c** about 320 dollars
# - **d** all of it

# %%
lesson.predict("Q2", answer="", because="")

# %% [markdown]
# With twelve load balancers a request takes about 50 ms on average. What does one Ingress do to that mean?
#
# - **a** it falls by about 1 ms
# - **b** it stays as it is
# - **c** it rises by about 1 ms
# - **d** it doubles

# %%
lesson.predict("Q3", answer="", because="")

# %% [markdown]
# One Ingress serves every Service that it can. All Pods of its controller fail at once. How many of the twelve
# Services can no longer be reached?
#
# - **a** none
# - **b** one
# - **c** eleven
# - **d** all twelve

# %%
lesson.predict("Q4", answer="", because="")

# %% [markdown]
# ## Run, and see

# %%
lesson.reveal("Q1")

# %%
lesson.require()
sim.compare(lesson.experiment, replications=3, provider="azure")

# %%
lesson.reveal("Q2")

# %%
lesson.require()
aws = sim.compare(lesson.experiment, replications=3, provider="aws")
sim.chart(aws)

# %%
lesson.reveal("Q3")

# %%
lesson.reveal("Q4")

# %%
lesson.require()
aws

# %% [markdown]
# Now step through the same clients through both plans, on one clock: play, or go hop by hop with the arrow keys.

# %%
lesson.require()
sim.replay(lesson.experiment, ["lb-per-service", "single-ingress"])

# %% [markdown]
# ## Explain
#
# Finish the sentence for yourself, then compare: *Merging pays where …, costs …, and risks …*

# %%
lesson.explain()

# %% [markdown]
# ## Change something
#
# Run the cell: it says what to do. Write your answer between the quotation marks and run it again; `lesson.hint("L11-1")`
# gives up to three hints. `lesson.objects("Service")` shows the Services that were applied, to copy from.

# %%
mine = {}  # such as {"aws": 5, "gcp": 5, "azure": 5}
lesson.check("L11-1", mine)

# %%
mine = """
"""  # YAML of Services and an Ingress
lesson.check("L11-2", mine)

# %% [markdown]
# ## Make something

# %%
mine = """
"""  # YAML; a loop over the names may write it
lesson.check("L11-3", mine)

# %% [markdown]
# Then write the advice you would give, in five lines: money, latency, what breaks for whom, what cannot move, and what
# you do not know.

# %%
lesson.report()

# %% [markdown]
# ## On a real cluster

# %%
lesson.on_a_cluster()
