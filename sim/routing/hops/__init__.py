"""The places on a request's way: client, load balancer, node, controller, gateway, Pod."""
