"""Gateways: which listener, route and backend a request or a connection gets, and why.

Modelled by the letter of the Gateway API v1: GatewayClass, Gateway and ListenerSet (every protocol),
HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute, ReferenceGrant, BackendTLSPolicy. Left out and said:
external checks, extensions. `answer.answer` is the way in; `statuses` says what a controller would write.
"""
