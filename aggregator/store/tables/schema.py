"""The one MetaData, and how a column is declared: always with its meaning."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def column(name: str, kind: Any, comment: str, *rest: Any, null: bool = False, **options: Any) -> Column[Any]:
    """A column that must be explained, and may be empty only where that is said."""
    return Column(name, kind, *rest, nullable=null, comment=comment, **options)


def reference(target: str) -> ForeignKey:
    """A reference whose row goes when its target goes."""
    return ForeignKey(target, ondelete="CASCADE")
