"""Who republishes whom: the network of each period, a page for each outlet, and the pairs as a table of cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from aggregator.render import pages as prepare
from aggregator.render import paths, templates
from aggregator.render.foreign import tidy
from aggregator.render.matrix import matrix, steps
from aggregator.render.press import Press
from aggregator.render.records import Network, OutletRow, Trade
from aggregator.render.words import Speech

MOST_PAGES = 400
"""Outlets with a page of their own, those with most entries: four hundred take about a second of an edition."""
MOST_PAIRS = 12
"""Lines of the table of pairs: what one screen holds; the cells file has them all."""
MOST_PARTNERS = 30
"""Lines of one outlet's table of sources or copiers."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters at which spreadsheets run a cell as a formula (OWASP, "CSV injection")."""
CELLS = ("days", "copier", "source", "copies", "credit_due", "credited", "share_credited", "median_delay_minutes")


def outlet_pages(press: Press) -> Iterator[tuple[str, bytes]]:
    """Everything that the networks give: the picture of each period, every outlet's page, the cells."""
    networks = press.pages.networks or (Network(days=30, end=press.pages.edition.end),)
    for network in networks:
        yield network_page(press, network, networks)
    usual = networks[0]
    for row in usual.outlets[:MOST_PAGES]:
        yield outlet_page(press, row, usual)
    yield paths.TRADES, cells(press.speech, networks)


def paged(networks: Sequence[Network]) -> frozenset[str]:
    """The outlets that have a page."""
    return frozenset(row.outlet for row in networks[0].outlets[:MOST_PAGES]) if networks else frozenset()


def network_page(press: Press, network: Network, networks: Sequence[Network]) -> tuple[str, bytes]:
    """Who republishes whom within one period."""
    rows, usual = prepare.by_trade(network.outlets), networks[0].days
    shown = prepare.in_network(rows)
    path = paths.network_path(network.days, usual)
    return press.page(
        "outlets.html", path,
        current="outlets", rows=rows, network=shown, was_copied=prepare.was_copied, days=network.days,
        matrix=templates.marked(matrix)(press.speech, shown, network.trades) if shown else "",
        steps=steps(network.trades, [row.outlet for row in shown]), received=received(network.trades),
        periods=[(one.days, paths.network_path(one.days, usual)) for one in networks],
        pairs=network.trades[:MOST_PAIRS], pair_count=len(network.trades),
        summary=network_words(press.speech, network), cells=paths.TRADES,
    )  # fmt: skip


def received(trades: Iterable[Trade]) -> dict[str, tuple[int, int]]:
    """Outlet to (copies of it that credit it, copies of it that had to)."""
    found: dict[str, tuple[int, int]] = {}
    for trade in trades:
        credited, due = found.get(trade.source, (0, 0))
        found[trade.source] = (credited + trade.credited, due + trade.due)
    return found


def network_words(speech: Speech, network: Network) -> str:
    """12 outlets made 638 copies of each other’s pieces from 10 June 2026 to 9 July 2026."""
    copies, due = sum(one.copies for one in network.trades), sum(one.due for one in network.trades)
    credited = sum(one.credited for one in network.trades)
    outlets = len({one.copier for one in network.trades})
    head = speech._(
        "{outlets} made {copies} of each other’s pieces from {first} to {last}.",
        first=speech.interface.plain_day(speech.interface.local(network.end - timedelta(days=network.days)).date()),
        last=speech.interface.plain_day(speech.interface.local(network.end).date()),
        outlets=speech.count("{n} outlet", "{n} outlets", outlets),
        copies=speech.count("{n} copy", "{n} copies", copies),
    )
    if not due:
        return head
    return f"{head} {credit_share(speech, credited, due)}"


def credit_share(speech: Speech, credited: int, due: int) -> str:
    """403 of 638, or 63%, credit the outlet that had the piece first."""
    return speech._(
        "{credited} of {due}, or {share}, credit the outlet that had the piece first.",
        credited=speech.interface.number(credited),
        due=speech.interface.number(due),
        share=speech.interface.share(credited / due),
    )


def outlet_page(press: Press, row: OutletRow, network: Network) -> tuple[str, bytes]:
    """One outlet: its figures, whom it copies, who copies it, its latest pieces and copies."""
    return press.page(
        "outlet.html", paths.outlet_path(row.outlet),
        current="outlets", row=row, days=network.days, summary=outlet_words(press.speech, row),
        sources=[one for one in network.trades if one.copier == row.outlet][:MOST_PARTNERS],
        copiers=[one for one in network.trades if one.source == row.outlet][:MOST_PARTNERS],
    )  # fmt: skip


def outlet_words(speech: Speech, row: OutletRow) -> str:
    """In 30 days 640 entries: 632 pieces of its own and 8 copies, all credited. Others printed its pieces 129 times."""
    head = speech._(
        "{entries}: {own} and {copies}.",
        entries=speech.count("{n} entry", "{n} entries", row.entries),
        own=speech.count("{n} piece of its own", "{n} pieces of its own", row.originals)
        if row.originals
        else speech._("no piece of its own"),
        copies=speech.count("{n} copy", "{n} copies", row.copies) if row.copies else speech._("no copies"),
    )
    due = row.credited + row.uncredited
    figures = {"credited": speech.interface.number(row.credited), "due": speech.interface.number(due)}
    message = "It credits its source in {credited} of {due}." if row.credited else (
        "It credits its source in none of {due}.")  # fmt: skip
    given = speech._(message, **figures) if due else ""
    times = prepare.was_copied(row)
    taken = speech.count("Others printed one of its pieces once.", "Others printed its pieces {n} times.", times)
    return " ".join(filter(None, [head, given, taken if times else speech._("Nobody copied it.")]))


def cells(speech: Speech, networks: Iterable[Network]) -> bytes:
    """Every pair of every period as comma-separated values (RFC 4180), no cell a spreadsheet would run."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n")
    write.writerow(CELLS)
    for network in networks:
        write.writerows(
            (network.days, inert(speech, one.copier), inert(speech, one.source), one.copies, one.due, one.credited,
             round(one.credited / one.due, 4) if one.due else "",
             round(one.delay.total_seconds() / 60) if one.delay is not None else "")
            for one in network.trades
        )  # fmt: skip
    return out.getvalue().encode()


def inert(speech: Speech, outlet: str) -> str:
    """An outlet's name as a cell."""
    name = tidy(speech.names(outlet) or outlet)
    return f"'{name}" if name.startswith(FORMULA) else name
