"""Signing in with the hub, the other way to be a Space's owner beside the key.

A Space whose front matter says `hf_oauth: true` gets a client of the hub's OAuth in its environment; Gradio serves the
sign-in and keeps who signed in, in a signed cookie. The owner is who owns the Space, or is named in OWNER_HUB_NAMES.
A cookie goes along with whatever another site makes a browser send, a key does not: so what a signed-in owner asks has
to come from these pages.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.components.login_button import _js_handle_redirect
from gradio.oauth import _get_valid_oauth_info_from_session
from gradio.utils import get_icon_path

from speecht5_demo.messages import Message
from speecht5_demo.ui.languages import catalogs, spoken_to

NEEDED = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
NAMES = "OWNER_HUB_NAMES"
LIBRARIES = ("authlib", "itsdangerous")
ADDRESSES = ("/login/huggingface", "/login/callback", "/logout")
MISSING = (
    "Signing in with the hub is off, the owner's key opens the results: pip install 'gradio[oauth]' adds it."
)

SIGN_IN, SIGN_OUT = Message("Sign in with Hugging Face"), "Logout ({name})"
LOGO = get_icon_path("huggingface-logo.svg")
IS_SIGN_IN = "buttonValue === BUTTON_DEFAULT_VALUE"
"""How the library's script tells signing in from signing out: by what the button says."""


def button(route: gr.Blocks, **settings: Any) -> gr.Button:
    """The button in the visitor's language, laid out in `route`.

    The library's own one, which speaks English, is not shown; with it in a page Gradio serves the sign-in.

    Args:
        route: that loads the page.
        settings: of the event that says who signed in.
    """
    gr.LoginButton(visible=False)
    shown = gr.Button(SIGN_IN, variant="huggingface", icon=LOGO, elem_id="results-sign-in")
    shown.click(fn=None, inputs=[shown], outputs=None, js=leading_script(shown.page))

    def who_signed_in(request: gr.Request) -> gr.Button:
        name = signed_in(request)
        return gr.Button(spoken_to(request).said(Message(SIGN_OUT, name=name) if name else SIGN_IN))

    route.load(who_signed_in, None, shown, **settings)
    return shown


def leading_script(page: str) -> str:
    """The library's script, which leads in from what a button says in any language that signing in is said in."""
    said = [catalog.said(SIGN_IN) for catalog in catalogs().values()]
    script = _js_handle_redirect.replace(IS_SIGN_IN, f"{json.dumps(said)}.includes(buttonValue)")
    return script.replace("REDIRECT_URL", page)


def offered() -> bool:
    """Whether this is a Space that the hub lets people sign in to, with the libraries that it takes."""
    return configured() and not missing()


def configured() -> bool:
    """Whether this is a Space that the hub lets people sign in to."""
    return (
        os.environ.get("SYSTEM") == "spaces"
        and bool(os.environ.get("SPACE_ID"))
        and all(os.environ.get(name) for name in NEEDED)
    )


def missing() -> bool:
    """Whether a library that signing in takes is not here."""
    return any(find_spec(name) is None for name in LIBRARIES)


def owners() -> frozenset[str]:
    """Names on the hub of those who own this Space."""
    named = (os.environ.get(NAMES, "") + "," + os.environ.get("SPACE_AUTHOR_NAME", "")).split(",")
    return frozenset(name.strip().lower() for name in named if name.strip())


def signed_in(request: gr.Request) -> str:
    """The name on the hub of who asks; empty where nobody signed in."""
    inner = getattr(request, "request", None)
    if inner is None or "session" not in inner.scope:
        return ""
    info = _get_valid_oauth_info_from_session(inner.session)
    user = info.get("userinfo") if isinstance(info, dict) else None
    name = user.get("preferred_username") if isinstance(user, dict) else None
    return name if isinstance(name, str) else ""


def is_owner(request: gr.Request) -> bool:
    """Whether an owner signed in and asks from these pages."""
    name = signed_in(request)
    inner = getattr(request, "request", None)
    return bool(name) and name.lower() in owners() and inner is not None and from_these_pages(inner.headers)


def from_these_pages(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that a page of this very site asks.

    Programs say nothing of the kind, and cannot be made to carry somebody's cookie.
    """
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin", "")
    if not origin:
        return True
    hosts = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return urlsplit(origin).netloc in hosts
