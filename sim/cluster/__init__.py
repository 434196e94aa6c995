"""The cluster that manifests describe: nodes, Pods, Services, endpoints, controllers, Gateways, addresses."""
