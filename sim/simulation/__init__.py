"""A scenario over time: design, workload, engines, results, and the theory that they are held to."""
