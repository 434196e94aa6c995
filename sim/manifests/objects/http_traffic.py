"""What an HTTPRoute says about traffic beside its matches: cross-origin requests, retries, sessions.

Source: Gateway API v1, HTTPCORSFilter, HTTPRouteRetry and SessionPersistence; both channels of 1.2 to 1.6.
"""

from pydantic import StrictBool, StrictInt, StrictStr

from sim.manifests.objects.meta import Manifest


class HTTPCORSFilter(Manifest):
    """Which pages of other origins may ask, and with what."""

    allow_origins: tuple[StrictStr, ...] = ()
    allow_credentials: StrictBool = False
    allow_methods: tuple[StrictStr, ...] = ()
    allow_headers: tuple[StrictStr, ...] = ()
    expose_headers: tuple[StrictStr, ...] = ()
    max_age: StrictInt = 5


class HTTPRouteRetry(Manifest):
    """How often a backend is asked again, after which statuses, and after how long."""

    codes: tuple[StrictInt, ...] = ()
    attempts: StrictInt | None = None
    backoff: StrictStr | None = None


class SessionToken(Manifest):
    """The cookie or the header that names a session; `lifetime_type` of a cookie is Session or Permanent."""

    name: StrictStr | None = None
    path: StrictStr | None = None
    lifetime_type: StrictStr = "Session"


class SessionPersistence(Manifest):
    """What keeps a client at one Pod.

    Up to 1.6 the name stands in sessionName and a cookie's life in cookieConfig, later in cookie or header.
    """

    session_name: StrictStr | None = None
    absolute_timeout: StrictStr | None = None
    idle_timeout: StrictStr | None = None
    type: StrictStr = "Cookie"
    cookie: SessionToken = SessionToken()
    header: SessionToken = SessionToken()
    cookie_config: SessionToken = SessionToken()

    @property
    def name(self) -> str | None:
        """Of the cookie or the header, where it is written; None: the implementation makes one up."""
        return self.session_name or (self.header if self.type == "Header" else self.cookie).name
