"""What reads as the id of a repository on the hub, and the two that everybody means."""

import re

PUBLISHED = "microsoft/speecht5_tts"
PUBLISHED_VOCODER = "microsoft/speecht5_hifigan"
HUB_ID = re.compile(r"(?P<id>[\w-][\w.-]*/[\w-][\w.-]*)(?:@(?P<revision>[\w.-]+))?")


def is_hub_id(spec: str) -> bool:
    """Whether `spec` reads as OWNER/NAME or OWNER/NAME@REVISION."""
    return HUB_ID.fullmatch(spec) is not None
