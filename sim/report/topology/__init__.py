"""The picture of a cluster: client, load balancers, nodes, controllers, Services, Pods in fixed columns."""
