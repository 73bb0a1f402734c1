"""The demo outlets' feed documents, each in the shape in which such a system really writes it.

One function a style; every style writes the same entries, only the dress differs: RSS 2.0 with `content:encoded` in
CDATA and numeric references (WordPress), RSS 2.0 with the whole escaped page in `description`, RSS 2.0 with an
excerpt only, Atom (RFC 4287) with escaped HTML or with XHTML, JSON Feed 1.1. Pure: the same outlet and moment give
the same bytes, so that an ETag can be made of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from aggregator.demo.markup import as_html, excerpt, with_named_references, with_numeric_references
from aggregator.demo.outlets import Printing, SampleOutlet, page, printings

CONTENT_TYPES = {
    "wordpress": "application/rss+xml; charset=UTF-8",
    "description": "text/xml; charset=utf-8",
    "excerpt": "application/xml",
    "atom": "application/atom+xml",
    "xhtml": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
}
"""What such servers really send; none of them is wrong, no two are alike."""
WORDPRESS_EXCERPT = 55
"""Words in the excerpt that WordPress writes into `description` (its `excerpt_length` default)."""
NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}


def feed_document(outlet: SampleOutlet, *, at: datetime, base: str) -> bytes:
    """The outlet's feed as its server gives it at `at`; `base` is the server's address without a last slash.

    Holds only what has appeared by then, as it reads then.
    """
    held = printings(outlet, at)
    return STYLES[outlet.style](outlet, held, base + outlet.path).encode()


def last_change(outlet: SampleOutlet, at: datetime) -> datetime | None:
    """When the document last became different from what it was; None while it is empty."""
    return max((printing.changed for printing in printings(outlet, at)), default=None)


# ---------------------------------------------------------------- RSS 2.0


def _rss(outlet: SampleOutlet, held: tuple[Printing, ...], address: str, item: Callable[..., list[str]]) -> str:
    spaces = "".join(f"\n\txmlns:{prefix}={quoteattr(uri)}" for prefix, uri in NAMESPACES.items())
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<rss version="2.0"{spaces}>',
        "<channel>",
        f"\t<title>{escape(outlet.title)}</title>",
        f'\t<atom:link href={quoteattr(address)} rel="self" type="application/rss+xml" />',
        f"\t<link>https://{outlet.domain}/</link>",
        f"\t<description>{escape(outlet.description)}</description>",
        f"\t<language>{outlet.language}</language>",
        *(f"\t<lastBuildDate>{format_datetime(p.changed)}</lastBuildDate>" for p in held[:1]),
        "\t<sy:updatePeriod>hourly</sy:updatePeriod>",
        "\t<sy:updateFrequency>1</sy:updateFrequency>",
        *(line for printing in held for line in ["\t<item>", *item(outlet, printing), "\t</item>"]),
        "</channel>",
        "</rss>",
    ]
    return "\n".join(lines) + "\n"


def _wordpress_item(outlet: SampleOutlet, printing: Printing) -> list[str]:
    entry = printing.entry
    pixel = f"https://stats.{outlet.domain}/pixel.gif?post={entry.guid.rpartition('=')[2]}"
    body = as_html(page(outlet, printing)).replace("\n", "\n\n\n\n") + _tail(outlet, printing)
    opening = excerpt((*outlet.head, *printing.paragraphs), WORDPRESS_EXCERPT)
    short = f"<p>{escape(opening)}</p>{_tail(outlet, printing)}"
    image = f'<img src="{pixel}" alt="" width="1" height="1" style="display:none" />'
    return [
        f"\t\t<title>{with_numeric_references(escape(printing.title))}</title>",
        f"\t\t<link>{escape(entry.link)}</link>",
        *(f"\t\t<dc:creator><![CDATA[{author}]]></dc:creator>" for author in entry.authors),
        f"\t\t<pubDate>{format_datetime(entry.published)}</pubDate>",
        *(f"\t\t<category><![CDATA[{tag}]]></category>" for tag in entry.tags),
        f'\t\t<guid isPermaLink="false">{escape(entry.guid)}</guid>',
        f"\t\t<description><![CDATA[{with_numeric_references(short)}]]></description>",
        f"\t\t<content:encoded><![CDATA[\n{with_numeric_references(body)}\n{image}]]></content:encoded>",
    ]


def _tail(outlet: SampleOutlet, printing: Printing) -> str:
    if not outlet.tail:
        return ""
    post = f'<a href="{escape(printing.entry.link)}">{escape(printing.title)}</a>'
    return f'\n<p>The post {post} appeared first on <a href="https://{outlet.domain}">{escape(outlet.name)}</a>.</p>'


def _description_item(outlet: SampleOutlet, printing: Printing) -> list[str]:
    html = with_named_references(as_html(page(outlet, printing)))
    return _plain_item(outlet, printing, escape(f'<div class="story-body">\n{html}\n</div>'))


def _excerpt_item(outlet: SampleOutlet, printing: Printing) -> list[str]:
    short = excerpt(printing.paragraphs, outlet.excerpt_words or WORDPRESS_EXCERPT)
    return _plain_item(outlet, printing, f"<![CDATA[<p>{escape(short)}</p>\n{as_html(outlet.foot)}]]>")


def _plain_item(outlet: SampleOutlet, printing: Printing, description: str) -> list[str]:
    entry = printing.entry
    permanent = str(entry.guid.startswith("https:")).lower()
    return [
        f"\t\t<title>{escape(printing.title)}</title>",
        f"\t\t<link>{escape(entry.link)}</link>",
        f"\t\t<description>{description}</description>",
        *(f"\t\t<author>desk@{outlet.domain} ({escape(author)})</author>" for author in entry.authors),
        *(f"\t\t<category>{escape(tag)}</category>" for tag in entry.tags),
        f'\t\t<guid isPermaLink="{permanent}">{escape(entry.guid)}</guid>',
        f"\t\t<pubDate>{format_datetime(entry.published)}</pubDate>",
    ]


# ---------------------------------------------------------------- Atom


def _atom(outlet: SampleOutlet, held: tuple[Printing, ...], address: str, content: Callable[[str], str]) -> str:
    updated = max((printing.changed.isoformat() for printing in held), default="2026-07-01T00:00:00+00:00")
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">',
        f"<title>{escape(outlet.title)}</title>",
        f"<subtitle>{escape(outlet.description)}</subtitle>",
        f"<id>tag:{outlet.domain},2026:feed</id>",
        f'<link rel="self" type="application/atom+xml" href={quoteattr(address)}/>',
        f'<link rel="alternate" type="text/html" href="https://{outlet.domain}/"/>',
        f"<author><name>{escape(outlet.name)}</name></author>",
        f"<updated>{updated}</updated>",
        *(line for printing in held for line in _atom_entry(outlet, printing, content)),
        "</feed>",
    ]
    return "\n".join(lines) + "\n"


def _atom_entry(outlet: SampleOutlet, printing: Printing, content: Callable[[str], str]) -> list[str]:
    entry = printing.entry
    return [
        "<entry>",
        f"<title>{escape(printing.title)}</title>",
        f"<id>{escape(entry.guid)}</id>",
        f'<link rel="alternate" type="text/html" href={quoteattr(entry.link)}/>',
        f"<published>{entry.published.isoformat()}</published>",
        f"<updated>{max(entry.published, printing.changed).isoformat()}</updated>",
        *(f"<author><name>{escape(author)}</name></author>" for author in entry.authors),
        *(f"<category term={quoteattr(tag)}/>" for tag in entry.tags),
        f"<summary>{escape(excerpt(printing.paragraphs, 30))}</summary>",
        content(as_html(page(outlet, printing))),
        "</entry>",
    ]


def _escaped_content(html: str) -> str:
    return f'<content type="html">{escape(html)}</content>'


def _xhtml_content(html: str) -> str:
    return f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{html}</div></content>'


# ---------------------------------------------------------------- JSON Feed


def _json(outlet: SampleOutlet, held: tuple[Printing, ...], address: str) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.title,
        "description": outlet.description,
        "home_page_url": f"https://{outlet.domain}/",
        "feed_url": address,
        "language": outlet.language,
        "items": [_json_item(outlet, printing) for printing in held],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(outlet: SampleOutlet, printing: Printing) -> dict[str, Any]:
    entry = printing.entry
    optional = {
        "external_url": entry.source[1] if entry.source else None,
        "date_modified": printing.changed.isoformat() if entry.edits else None,
        "attachments": _attachments(printing),
    }
    return {
        "id": entry.guid,
        "url": entry.link,
        "title": printing.title,
        "content_html": as_html(page(outlet, printing)),
        "date_published": entry.published.isoformat(),
        "authors": [{"name": author} for author in entry.authors],
        "tags": list(entry.tags),
    } | {name: value for name, value in optional.items() if value}


def _attachments(printing: Printing) -> list[dict[str, Any]]:
    file = printing.entry.enclosure
    return [{"url": file.url, "mime_type": file.type, "size_in_bytes": file.length}] if file else []


STYLES: dict[str, Callable[[SampleOutlet, tuple[Printing, ...], str], str]] = {
    "wordpress": lambda outlet, held, address: _rss(outlet, held, address, _wordpress_item),
    "description": lambda outlet, held, address: _rss(outlet, held, address, _description_item),
    "excerpt": lambda outlet, held, address: _rss(outlet, held, address, _excerpt_item),
    "atom": lambda outlet, held, address: _atom(outlet, held, address, _escaped_content),
    "xhtml": lambda outlet, held, address: _atom(outlet, held, address, _xhtml_content),
    "json": _json,
}
