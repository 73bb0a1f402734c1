"""Records with sensible contents: a test states only what it is about. All words are our own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from aggregator.config import Site
from aggregator.digest.edition import (
    Change,
    CopyView,
    Counts,
    CreditState,
    Edition,
    EditionSummary,
    FeedTrouble,
    PieceReference,
    PieceView,
    RevisionView,
    Section,
    StoryReference,
    StoryView,
)
from aggregator.model import Credit, Role
from aggregator.render.localised import interface
from aggregator.render.records import Ailment, FeedState, Network, OutletRow, Printed, SitePages, Trade
from aggregator.render.words import Speech

DAY = date(2026, 7, 10)
NOON = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)
BERLIN = Site(title="Fair Copy", timezone="Europe/Berlin")
ONLINE = Site(title="Fair Copy", timezone="Europe/Berlin", url="https://faircopy.example/news")

NAMES = {
    "quaydispatch.example": "Quay Dispatch",
    "dailykestrel.example": "Daily Kestrel",
    "tidewaterpost.example": "Tidewater Post",
    "quickbrief.example": "QuickBrief",
    "uplandrecord.example": "The Upland Record",
    "averiltoday.example": "Averil Today",
    "harbourcourier.example": "Harbour Courier",
    "merrowwire.example": "Merrow Wire",
    "nordkai.example": "Nordkai Anzeiger",
    "mirror.example": "مرآة الساحل",
}


def name_of(outlet: str) -> str:
    """The shown name of a test outlet."""
    return NAMES.get(outlet, outlet)


def speech(site: Site = BERLIN) -> Speech:
    """The voice of a test site."""
    return Speech(interface=interface(site.language, site.zone), names=name_of)


def at(hours: float = 0, base: datetime = NOON) -> datetime:
    """So many hours after noon (UTC) of the day before the edition."""
    return base + timedelta(hours=hours)


def credit(outlet: str | None = "quaydispatch.example", **named: Any) -> Credit:
    """A credit to a followed outlet, as a line at the foot."""
    values: dict[str, Any] = {
        "name": name_of(outlet or "South Front"),
        "outlet": outlet,
        "quote": f"This report first appeared in {name_of(outlet or 'South Front')}.",
        "position": "foot",
        "confidence": 0.9,
    }
    return Credit(**(values | named))


def copy(key: int = 2, outlet: str = "dailykestrel.example", **named: Any) -> CopyView:
    """A credited republication, 38 minutes after the original."""
    state = named.get("state", CreditState.CREDITED)
    delay = named.get("delay", timedelta(minutes=38))
    original_at = named.pop("original_at", NOON)
    values: dict[str, Any] = {
        "entry_id": key,
        "outlet": outlet,
        "link": f"https://{outlet}/{key}",
        "title": "Letters show operator knew of cracked gate",
        "language": "en",
        "role": Role.REPUBLICATION,
        "claimed": original_at + delay,
        "first_seen": original_at + delay,
        "at": original_at + delay,
        "delay": delay,
        "of_original": 0.97,
        "of_copy": 0.98,
        "state": state,
        "credit": None if state is CreditState.MISSING else credit(),
        "alarms": (),
        "evidence": (("Same text", "Jaccard 0.81, threshold 0.50"),),
        "text": TEXT,
    }
    return CopyView(**(values | named))


TEXT = (
    "The company that runs the sea lock was told in August that the outer gate had cracked.\n"
    "The letters were written by two inspectors of the harbour office, who asked three times for it to be closed.\n"
    "The operator said on Thursday that the gate had been monitored every day and that no vessel was at risk."
)


def piece(key: int = 1, outlet: str = "quaydispatch.example", **named: Any) -> PieceView:
    """An original without copies."""
    values: dict[str, Any] = {
        "id": key,
        "entry_id": key,
        "story_id": 1,
        "title": "Letters show lock operator knew of cracked gate",
        "language": "en",
        "outlet": outlet,
        "original_known": True,
        "link": f"https://{outlet}/{key}",
        "authors": ("Ines Calloway",),
        "tags": ("harbour", "safety"),
        "enclosures": (),
        "claimed": NOON,
        "first_seen": NOON,
        "at": NOON,
        "text": TEXT,
        "credit": None,
    }
    return PieceView(**(values | named))


def story(key: int = 1, *pieces: PieceView, **named: Any) -> StoryView:
    """A new story of one piece, its counts taken from its pieces."""
    parts = pieces or (piece(key),)
    moments = [part.at for part in parts] + [copy.at for part in parts for copy in part.copies]
    outlets = {part.outlet for part in parts} | {copy.outlet for part in parts for copy in part.copies}
    values: dict[str, Any] = {
        "id": key,
        "title": parts[0].title,
        "language": parts[0].language,
        "standfirst": "Inspectors asked three times for the sea lock to be closed.",
        "category": "Public life",
        "change": Change.NEW,
        "outlets_before": 0,
        "outlets": len(outlets),
        "voices": len({part.outlet for part in parts}),
        "first_at": min(moments),
        "last_at": max(moments),
        "corrected_at": None,
        "pieces": parts,
        "score": 1.0,
        "editions": (DAY,),
    }
    return StoryView(**(values | named))


def edition(*stories: StoryView, **named: Any) -> Edition:
    """An edition that leads with the first six stories."""
    leads = named.get("leads", stories[:6])
    values: dict[str, Any] = {
        "name": "daily",
        "title": "Fair Copy",
        "day": DAY,
        "number": 187,
        "made_at": datetime(2026, 7, 10, 4, 30, tzinfo=UTC),
        "start": datetime(2026, 7, 9, 4, 30, tzinfo=UTC),
        "end": datetime(2026, 7, 10, 4, 30, tzinfo=UTC),
        "counts": counts(stories),
        "leads": leads,
        "sections": (),
        "briefs": stories[6:],
        "unchanged": (),
        "stories": stories,
        "feeds": 40,
        "troubles": (),
        "previous": date(2026, 7, 9),
        "next_at": datetime(2026, 7, 11, 4, 30, tzinfo=UTC),
    }
    return Edition(**(values | named))


def counts(stories: tuple[StoryView, ...]) -> Counts:
    """The edition line of these stories."""
    pieces = [part for story in stories for part in story.pieces]
    copies = sum(len(part.copies) for part in pieces)
    outlets = {part.outlet for part in pieces}
    return Counts(
        entries=len(pieces) + copies, outlets=len(outlets), pieces=len(pieces), stories=len(stories), copies=copies
    )


def pages(*stories: StoryView, **named: Any) -> SitePages:
    """A site of one edition."""
    made = named.pop("edition", None) or edition(*stories)
    return SitePages(edition=made, stories=tuple(named.pop("all_stories", stories)), **named)


def named(key: int, story_id: int, outlet: str, title: str, hours: float) -> PieceReference:
    """A piece named on another page."""
    return PieceReference(id=key, story_id=story_id, title=title, language="en", outlet=outlet, at=at(hours))


ASIDE = named(7, 1, "harbourcourier.example", "Port users ask who else had read the letters", 4.4)
LETTERS = named(1, 1, "quaydispatch.example", "Letters show lock operator knew of cracked gate", 2 + 1 / 6)
FERRY = named(20, 20, "merrowwire.example", "Ferry pilots and ministry agree to talk", -0.5)


def lock_story() -> StoryView:
    """A story in full: four independent reports, five copies, every state of credit."""
    first = at(2 + 1 / 6)

    def reprint(key: int, outlet: str, minutes: int, **more: Any) -> CopyView:
        return copy(key, outlet, original_at=first, delay=timedelta(minutes=minutes), **more)

    head, middle, foot = TEXT.splitlines()
    copies = (
        reprint(2, "dailykestrel.example", 38, text=f"{TEXT}\nThis report first appeared in Quay Dispatch."),
        reprint(3, "tidewaterpost.example", 125, of_original=0.91, of_copy=0.86, text=f"{head}\n{middle}\n{foot}"),
        reprint(4, "quickbrief.example", 200, of_original=0.46, of_copy=0.96, role=Role.EXCERPT,
                state=CreditState.MISSING, alarms=("no-credit",), title="Cracked gate: they knew!",
                text=f"{head}\nThey knew!\nMore briefs in your pocket: get the app.",
                boilerplate=("More briefs in your pocket: get the app.",)),
        reprint(5, "uplandrecord.example", 312, of_original=0.88, of_copy=0.9, state=CreditState.CREDITS_COPY,
                alarms=("credits-copy",), credit=credit("dailykestrel.example", position="head"),
                first_seen=first + timedelta(minutes=334), title="Averil letters: operator was warned",
                text=f"{head}\n{middle.replace('two inspectors', 'two men')} seen by the Daily Kestrel.\n{foot}"),
        reprint(6, "averiltoday.example", 380, of_original=0.94, state=CreditState.MISSING,
                alarms=("no-credit", "claimed-before-original"), claimed=first - timedelta(hours=9),
                title="Letters reveal lock gate knowledge"),
    )  # fmt: skip
    lead = piece(
        1, at=first, first_seen=first, claimed=first, copies=copies, aliases=(78,), quoted_in=(ASIDE,),
        evidence=(("Original", "first seen earliest, named by 2 copies, names nobody"),),
        revisions=(
            RevisionView(at=first, words=54, title="Letters show lock operator knew", text=TEXT.replace("three", "two")),
            RevisionView(at=first + timedelta(minutes=48), words=54, silent=True,
                         title="Letters show lock operator knew", text=TEXT),
        ),
    )  # fmt: skip
    others = (
        piece(7, "harbourcourier.example", title="Port users ask who else had read the letters", at=at(4.4),
              quotes=(FERRY, LETTERS)),
        piece(8, "merrowwire.example", title="Gate “was monitored every day”, says operator", at=at(4.7)),
        piece(9, "nordkai.example", title="Schleuse Averil: Betreiber wusste seit August von dem Riss",
              language="de", at=at(7.25)),
    )  # fmt: skip
    return story(
        1, lead, *others, change=Change.GREW, outlets_before=3, aliases=(77,),
        title="Lock operator knew of the cracked gate for eleven months, letters show",
        standfirst="Inspectors asked three times for the sea lock at Port Averil to be closed. The answers put the "
        "repair off until the summer traffic had passed.",
        continues=StoryReference(id=900, title="Sea lock shuts at noon", language="en", outlets=3, last_at=at(-48)),
        score=0.59, score_parts=(("voices", 1.61), ("growth", 0.7), ("recency", 0.52)),
    )  # fmt: skip


def full_site() -> SitePages:
    """A whole edition: every kind of story, section and trouble."""
    ferry = story(
        20, piece(20, "merrowwire.example", title="Ferry pilots and ministry agree to talk", at=at(-0.5), quoted_in=(ASIDE,), copies=(
            copy(21, "tidewaterpost.example", delay=timedelta(minutes=22), original_at=at(-0.5), credit=credit("merrowwire.example")),
            copy(22, "dailykestrel.example", delay=timedelta(minutes=51), original_at=at(-0.5), credit=credit("merrowwire.example")),
        )),
        piece(23, "harbourcourier.example", title="What two crossings mean for the islands", at=at(1)),
        title="Ferry pilots and ministry agree to talk, though not yet about hours", change=Change.CONTINUES,
        standfirst="Two crossings a day will run from Saturday. The union kept its date for a second walk-out.",
        continues=StoryReference(id=900, title="Pilots walk out", language="en", outlets=4, last_at=at(-48)),
    )  # fmt: skip
    rain = story(30, piece(30, "uplandrecord.example", at=at(-5), title="The family that kept a rain book for 140 years, "
                 "and the week it put the weather office right"),
                 standfirst="A gauge in an orchard disagreed with the radar by forty millimetres.")  # fmt: skip
    court = story(40, piece(40, "capitalledger.example", at=at(2), original_known=False, credit=credit(None),
                  copies=(copy(41, "quickbrief.example", state=CreditState.MISSING, of_original=0.38, role=Role.EXCERPT),),
                  title="Regional court orders the water board to publish, within ten working days and in "
                  "machine-readable form, every contamination reading it has withheld since the reservoir was refilled"),
                  standfirst="The board may appeal, but not delay: the order takes effect at once.")  # fmt: skip
    arabic = story(50, piece(50, "mirror.example", at=at(8), language="ar",
                   title="ميناء أفيريل يعيد فتح الرصيف الشرقي بعد إغلاق دام ثلاثة أسابيع"),
                   piece(51, "harbourcourier.example", title="East quay reopens three weeks late", at=at(10)),
                   standfirst="قالت إدارة الميناء إن أول سفينة سترسو صباح الجمعة، وإن رافعة واحدة لا تزال خارج الخدمة.")  # fmt: skip
    bank = story(60, piece(60, "capitalledger.example", at=at(-28), title="Savings bank outage reached 410,000 customers"),
                 piece(61, "signalstream.example", at=at(-4), title="The update that logged a bank out of itself"),
                 change=Change.CORRECTED, corrected_at=at(15.2),
                 standfirst="“About 40,000” became “about 410,000”.")  # fmt: skip
    rows = tuple(
        story(100 + n, piece(100 + n, outlet, title=title, at=at(n - 9)), category=category)
        for n, (outlet, title, category) in enumerate((
            ("harbourcourier.example", "Council keeps the night bus by one vote", "Public life"),
            ("nordkai.example", "Bürgermeisterin von Nordkai tritt zurück", "Public life"),
            ("tidewaterpost.example", "School meals go to the firm that lost them in 2023", "Public life"),
            ("merrowwire.example", "Empty homes halve once the register is cleaned", "Public life"),
            ("signalstream.example", "A seabed cable hears whales thirty kilometres away", "Science and technology"),
            ("signalstream.example", "Open map project drops its last closed layer", "Science and technology"),
            ("uplandrecord.example", "Oyster vaccine trial finds a modest, real effect", "Science and technology"),
        ))
    )  # fmt: skip
    briefs = tuple(
        story(200 + n, piece(200 + n, "harbourcourier.example", title=title, at=at(n - 12)), category=None)
        for n, title in enumerate(("Averil gets a second lifeboat", "Orchard frost fund opens on Monday",
                                   "Two fined for selling the same boat", "Museum asks for the return of one spoon",
                                   "Tidal mill turns for the first time since 1931", "Bridge toll machine pays out, once"))
    )  # fmt: skip
    leads = (lock_story(), ferry, rain, court, arabic, bank)
    quiet = story(
        300, piece(300, "merrowwire.example", title="Reservoir full, nobody agrees since when"), change=Change.UNCHANGED
    )
    stories = (*leads, *rows, *briefs)
    made = edition(
        *stories,
        leads=leads,
        sections=(
            Section(name="Public life", stories=rows[:4], total=7),
            Section(name="Science and technology", stories=rows[4:], total=3),
            Section(name="Arts and letters", stories=(), total=0),
        ),
        briefs=briefs,
        unchanged=(quiet,),
        troubles=(
            FeedTrouble(title="The Lamplighter", url="https://u:secret@lamplighter.example/feed?token=t0ken", reason="503 Service Unavailable", since=at(-30)),
            FeedTrouble(title="", url="https://u:secret@reed.example/rss?token=t0ken", reason="a web page, not a feed", since=None),
        ),
    )  # fmt: skip
    summaries = tuple(
        EditionSummary(name="daily", day=DAY - timedelta(days=n), number=187 - n, stories=20 + n * 7 % 31, headline=f"Headline of the day, {n}")
        for n in range(1, 40) if n % 9
    )  # fmt: skip
    return SitePages(edition=made, stories=(*stories, quiet), summaries=summaries, networks=NETWORKS, states=STATES)


LATEST = (
    Printed(piece=1, title="Letters show lock operator knew", language="en", link="https://quaydispatch.example/1", at=at(4.2), copies=5),
    Printed(piece=9999, title="A piece without a card", language="en", link="https://quaydispatch.example/2", at=at(2), card=False),
)  # fmt: skip
COPIED = (
    Printed(piece=1, title="Lock company was warned", language="en", link="https://averiltoday.example/5", at=at(10),
            source="quaydispatch.example", delay=timedelta(hours=6), credited=False),
)  # fmt: skip
OUTLETS = (
    OutletRow(outlet="quaydispatch.example", entries=640, originals=632, copies=8, credited=8, uncredited=0, own=LATEST,
              copied_by=(("dailykestrel.example", 34), ("averiltoday.example", 29)), copies_from=(("merrowwire.example", 8),)),
    OutletRow(outlet="merrowwire.example", entries=902, originals=902, copies=0, credited=0, uncredited=0,
              copied_by=(("dailykestrel.example", 88), ("quaydispatch.example", 8))),
    OutletRow(outlet="dailykestrel.example", entries=733, originals=611, copies=122, credited=118, uncredited=4,
              copies_from=(("merrowwire.example", 88), ("quaydispatch.example", 34))),
    OutletRow(outlet="averiltoday.example", entries=402, originals=373, copies=29, credited=2, uncredited=27, copied=COPIED,
              copies_from=(("quaydispatch.example", 29),)),
    OutletRow(outlet="mirror.example", entries=204, originals=204, copies=0, credited=0, uncredited=0),
)  # fmt: skip
TRADES = (
    Trade(copier="dailykestrel.example", source="merrowwire.example", copies=88, credited=86, due=88, delay=timedelta(minutes=52)),
    Trade(copier="dailykestrel.example", source="quaydispatch.example", copies=34, credited=32, due=34, delay=timedelta(minutes=41)),
    Trade(copier="averiltoday.example", source="quaydispatch.example", copies=29, credited=2, due=29, delay=timedelta(hours=6, minutes=5)),
    Trade(copier="quaydispatch.example", source="merrowwire.example", copies=8, credited=0, due=0),
)  # fmt: skip
NETWORKS = (
    Network(days=30, end=at(16.5), outlets=OUTLETS, trades=TRADES),
    Network(days=7, end=at(16.5), outlets=OUTLETS[:2], trades=TRADES[3:]),
)
STATES = (
    FeedState(title="", url="https://u:secret@reed.example/rss?token=t0ken", ailment=Ailment.GONE, reason="410 Gone"),
    FeedState(title="The Lamplighter", url="https://u:secret@lamplighter.example/feed?token=t0ken",
              ailment=Ailment.FAILING, reason="503 at https://u:secret@lamplighter.example/feed?token=t0ken", failures=3,
              last_success=at(-30), next_poll=at(20)),
    FeedState(title="Tide Tables", url="https://tide.example/", ailment=Ailment.FROZEN, last_success=at(15), last_new=at(-900)),
    FeedState(title="Weekly Reed", url="https://weekly.example/", ailment=Ailment.SILENT, last_success=at(15),
              last_new=at(-300), rhythm=timedelta(days=3)),
    FeedState(title="Moved", url="https://old.example/", ailment=Ailment.MOVED, moved_to="https://u:secret@new.example/?token=t0ken"),
    FeedState(title="Early Bird", url="https://early.example/", ailment=Ailment.REDATED, odd_dates=4),
)  # fmt: skip
