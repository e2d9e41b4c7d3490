"""`python -m speecht5_demo`."""

import sys

if __name__ == "__main__":
    try:
        from speecht5_demo.cli import main
    except KeyboardInterrupt:  # before the command line is there to say so
        print("Stopped.", file=sys.stderr)
        sys.exit(130)
    main()
