"""What the control plane does to a cluster over time, as pure functions of values and moments.

Roll-outs (`rolling`, `rollout`), the end of a Pod (`termination`, `slices`, `window`), its probes and
restarts (`probes`, `restarts`), autoscaling (`replicas`, `scaling`, `autoscaler`), drains and lost nodes
(`disruption`, `drain`, `nodes`), health checks (`health_checks`) and idle connections (`connections`). What
is asked of a cluster (`asked`) is played on its Pods (`course`, with `plays`: one function for each kind of
change), and gives each Pod a life (`pods`); `hearing` says when each part of the cluster knows of it, and
`moment` what the cluster is to each part at a moment. No clock runs here and nothing is drawn: a moment is an
argument, in seconds, delays are asked of whoever has them, and steps take no time unless an argument says so.
Every figure with a source is in `figures`. Left out: image pulls and scheduling (part of the time until a Pod
is ready).
"""
