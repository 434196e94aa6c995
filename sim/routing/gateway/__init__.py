"""Gateways: which listener, route and backend a request gets, and why.

Modelled by the letter of the Gateway API v1: GatewayClass, Gateway (listeners for HTTP and HTTPS), HTTPRoute,
ReferenceGrant. Left out and said: GRPCRoute, TLSRoute, TCPRoute, policies, external checks, extensions.
`answer.answer` is the way in.
"""
