#!/usr/bin/env python3
"""Print the key in the newest mail to an address, as a customer finds it in the mail's link.

Usage: mailed_key.py DIRECTORY EMAIL LINK

LINK is a part of the link, such as `register/confirm` or `password/restore`. Mails leave a moment
after the request, so this waits for up to ten seconds; then it exits with 1. Only the standard library
is needed.
"""

import re
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path

WAIT_SECONDS = 10.0
POLL_SECONDS = 0.1


def main() -> int:
    """Wait for the mail and print its key."""
    if len(sys.argv) != 4:  # noqa: PLR2004 - the three arguments
        sys.stderr.write(f"{__doc__}\n")
        return 2
    directory, email, link = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        key = find_key(directory, email, link)
        if key is not None:
            sys.stdout.write(f"{key}\n")
            return 0
        time.sleep(POLL_SECONDS)
    sys.stderr.write(f"no mail to {email} with {link} in {directory}\n")
    return 1


def find_key(directory: Path, email: str, link: str) -> str | None:
    """Return the key in the newest such mail; None when there is none yet."""
    mails = sorted(directory.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in mails:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        if message["To"] == email and body is not None:
            found = re.search(re.escape(link) + r"\?token=([\w-]+)", body.get_content())
            if found:
                return found[1]
    return None


if __name__ == "__main__":
    sys.exit(main())
