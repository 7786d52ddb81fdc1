"""Whether a commit's title says what kind of change it is, for versions and changelog follow from that.

Source: https://www.conventionalcommits.org
"""

import re
import sys
from pathlib import Path

KINDS = "build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test"
TITLE = re.compile(rf"(?:{KINDS})(?:\([^()]+\))?!?: \S.*")
GITS_OWN = ("Merge ", "Revert ", "fixup! ", "squash! ", "amend! ")


def main() -> None:
    """Read the file of a message, as git hands it to a hook; end with what is wrong about it."""
    title = next(iter(Path(sys.argv[1]).read_text().splitlines()), "")
    if not TITLE.fullmatch(title) and not title.startswith(GITS_OWN):
        sys.exit(
            f"'{title}' does not say what kind of change it is. Write for example 'fix: empty tables are refused'; "
            f"before the colon stands one of {KINDS.replace('|', ', ')}, with a '!' after it when users have to act."
        )


if __name__ == "__main__":
    main()
