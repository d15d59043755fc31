"""Document templates: which source a paper is set from, and trying a source before it is published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.canonical import plain
from yiwang.kernel.refusals import Invalid, Missing, Problem, TooLarge

from .models import TemplateVersion
from .papers import LARGEST_TEMPLATE, Attachment, PaperError, render_paper
from .slots import Template, document_templates

_SHOWN = 600  # characters of what the compiler says


def shipped(code: str) -> Template:
    """The template that a room ships. Raises :class:`Missing`."""
    found = document_templates.get(code)
    if found is None:
        raise Missing(_("没有这个文书模板。"))
    return found


def newest(code: str) -> TemplateVersion | None:
    """The version that officials published last."""
    return TemplateVersion.objects.filter(code=code).order_by("-version").first()


def render_document(
    code: str, data: dict[str, Any], *, title: str, author: str = "", attachments: Sequence[Attachment] = ()
) -> bytes:
    """The PDF of a document by the newest version of its template; see :func:`.papers.render_paper`."""
    template, edited = shipped(code), newest(code)
    source = template.prelude + "\n" + (edited.source if edited else template.source)
    return render_paper(source, data, title=title, author=author, attachments=attachments, apart=edited is not None)


def tried(code: str, source: str) -> bytes:
    """The PDF of ``source`` with the sample data of its template. Raises :class:`Invalid`, naming the field."""
    template = shipped(code)
    if not source.strip() or len(source.encode()) > LARGEST_TEMPLATE // 2:
        said = _("模板不能是空的，也不能超过 128 KB。")
        raise Invalid(said, problems=[Problem("source", "length", said)])
    name = str(template.name)
    try:
        pdf = render_paper(template.prelude + "\n" + source, template.sample(), title=name, apart=True)
    except PaperError as error:
        said = _("模板有错，排不出来：%(error)s") % {"error": str(error)[:_SHOWN]}
        raise Invalid(said, problems=[Problem("source", "does-not-compile", said)]) from error
    except TooLarge as error:
        raise Invalid(str(error), problems=[Problem("source", "too-large", str(error))]) from error
    missing = [seal for seal in template.seals if f"({seal})".encode() not in pdf.replace(b"/T ", b"/T")]
    if missing:
        said = _("模板里少了盖章的位置：%(place)s。") % {"place": f'#seal-place("{missing[0]}")'}
        raise Invalid(said, problems=[Problem("source", "no-seal-place", said)])
    return pdf


def sample_text(template: Template) -> str:
    """The sample data as it is shown."""
    return json.dumps(plain(template.sample()), ensure_ascii=False, indent=2)
