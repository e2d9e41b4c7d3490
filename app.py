"""Entry point, here and in a Space: `python app.py`. What the environment can choose: ui/settings.py."""

import sys

from speecht5_demo.errors import DemoError
from speecht5_demo.ui.app import build_app, launch_options
from speecht5_demo.ui.settings import Settings


def main() -> int:
    """Serve until interrupted; 1 with one sentence when something that the user chose cannot be used."""
    try:
        settings = Settings.from_environment()
        demo = build_app(settings)
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    demo.launch(**launch_options(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
