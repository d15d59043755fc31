"""Who may look at the directory of agencies, posts and divisions: whoever holds any role that says so; it is cut to no scope."""

from django.utils.translation import gettext_lazy

from yiwang.foundation.access.queries import permission

READ = permission("establishment.read", gettext_lazy("查看机构、任职和区划"))
