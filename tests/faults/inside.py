"""What has to be done and seen from inside a node: ``python -m tests.faults.inside VERB …``, with its settings; prints JSON."""

from __future__ import annotations

import json
import os
import sys


def main(verb: str, *given: str) -> int:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "yiwang.config.settings"
    django.setup()
    from tests.faults import applicants, dying, wholeness

    verbs = {
        "applicants": lambda count: applicants.enter(int(count)),
        "findings": wholeness.findings,
        "dying": dying.everywhere,
        "undelivered": wholeness.undelivered,
    }
    print(json.dumps(verbs[verb](*given), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
