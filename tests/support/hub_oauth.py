"""The hub's sign-in, as far as a Space looks at it: OpenID Connect with a code, and an id token signed by a key."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT, CLIENT_SECRET = "client-of-the-space", "a secret of the client"
_CODE = "a-code-for-"
_nonces: dict[str, str] = {}
ADDRESSES = (
    "/.well-known/openid-configuration",
    "/oauth/authorize",
    "/oauth/token",
    "/oauth/userinfo",
    "/oauth/jwks",
)

Answer = tuple[int, bytes, dict[str, str]]


def answer(url: str, name: str, path: str, query: str, body: bytes, reached_at: Mapping[str, str]) -> Answer:
    """Status, body and headers.

    Args:
        url: of the hub.
        name: of who signs in.
        reached_at: where Spaces are served whose own addresses no name server knows.
    """
    if path.endswith("openid-configuration"):
        return _json(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/oauth/authorize",
                "token_endpoint": f"{url}/oauth/token",
                "userinfo_endpoint": f"{url}/oauth/userinfo",
                "jwks_uri": f"{url}/oauth/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )
    if path.endswith("authorize"):
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        _nonces[name] = asked["nonce"]
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        back = urlencode({"code": _CODE + name, "state": asked["state"]})
        where = urlsplit(asked["redirect_uri"])
        space = f"{where.scheme}://{where.netloc}"
        to = asked["redirect_uri"].replace(space, reached_at.get(space, space), 1)
        return 302, b"", {"Location": f"{to}{joint}{back}"}
    if path.endswith("token"):
        who = parse_qs(body.decode())["code"][0].removeprefix(_CODE)
        token = {"access_token": "hf_oauth_x", "token_type": "bearer", "expires_in": 3600}
        return _json({**token, "id_token": _signed(url, who)})
    if path.endswith("jwks"):
        return _json({"keys": [_key().as_dict(is_private=False, kid="hub", use="sig", alg="RS256")]})
    return _json(_user(url, name))


def environment(url: str) -> dict[str, str]:
    """What a Space with `hf_oauth: true` finds in its environment, beside its own names."""
    return {
        "SYSTEM": "spaces",
        "SPACE_ID": "tester/space",
        "SPACE_AUTHOR_NAME": "tester",
        "OAUTH_CLIENT_ID": CLIENT,
        "OAUTH_CLIENT_SECRET": CLIENT_SECRET,
        "OAUTH_SCOPES": "openid profile",
        "OPENID_PROVIDER_URL": url,
    }


def _user(url: str, name: str) -> dict[str, str]:
    return {
        "sub": f"id-of-{name}",
        "name": name.title(),
        "preferred_username": name,
        "profile": f"{url}/{name}",
        "picture": f"{url}/{name}.png",
    }


@cache
def _key() -> Any:
    from authlib.jose import JsonWebKey

    return JsonWebKey.generate_key("RSA", 2048, is_private=True)


def _signed(url: str, name: str) -> str:
    from authlib.jose import jwt

    now = int(time.time())
    claims = {
        "iss": url,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 3600,
        "nonce": _nonces[name],
        **_user(url, name),
    }
    signed: bytes = jwt.encode({"alg": "RS256", "kid": "hub"}, claims, _key())
    return signed.decode()


def _json(content: object) -> Answer:
    return 200, json.dumps(content).encode(), {"Content-Type": "application/json"}
