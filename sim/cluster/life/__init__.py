"""What the control plane does to a cluster over time, as pure functions of values and moments.

Roll-outs (`rolling`, `rollout`), the end of a Pod (`termination`, `slices`, `window`), its probes and
restarts (`probes`, `restarts`), autoscaling (`replicas`, `scaling`, `autoscaler`), drains and lost nodes
(`disruption`, `drain`, `nodes`), health checks (`health_checks`) and idle connections (`connections`). No
clock runs here and nothing is drawn: a moment is an argument, in seconds, and steps take no time unless an
argument says so. Every figure with a source is in `figures`. Left out: how long the parts of a cluster take
to learn of it (they belong to a run), image pulls and scheduling (part of the time until a Pod is ready).
"""
