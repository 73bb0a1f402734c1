"""Everything that is kept: the only package that imports sqlalchemy and alembic."""
