"""Headers that every answer carries.

Gradio's pages run inline scripts and build functions from text, so `script-src` allows both; what it does not allow is
any other server, for scripts, pictures, sound or messages. Frames are for the same origin and, in a Space, for the hub.
"""

from __future__ import annotations

FRAMES = "'self'"
SPACE_FRAMES = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"


OF_FILES = (b"x-content-type-options", b"cross-origin-resource-policy")
"""What scripts and styles need of them: a page asks for some sixty, and the policy is larger than most of them."""


def security_headers(in_space: bool) -> list[tuple[bytes, bytes]]:
    """Names in lower case, as ASGI wants them."""
    policy = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": SPACE_FRAMES if in_space else FRAMES,
    }
    written = {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "cross-origin" if in_space else "same-origin",
        "permissions-policy": "camera=(), geolocation=(), payment=()",
    }
    if not in_space:
        written["x-frame-options"] = "SAMEORIGIN"
    return [(name.encode(), value.encode()) for name, value in written.items()]
