"""`python -m speecht5_demo`."""

import sys

from speecht5_demo.interruption import heed_interruptions_after_imports

if __name__ == "__main__":
    heed_interruptions_after_imports()
    try:
        from speecht5_demo.cli import main
    except KeyboardInterrupt:  # before the command line is there to say so
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    main()
