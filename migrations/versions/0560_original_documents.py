"""Documents of other issuers as they were published, their rendered texts, and which bulletins are ours.

The documents of this site about imported bulletins get a path by the reference: the path by the issuer's id
belongs to the issuer.
"""

import sqlalchemy as sa
from alembic import op

import core.database.db

revision = "0560"
down_revision = "0550"
branch_labels = None
depends_on = None

BATCH_SIZE = 1_000


def upgrade() -> None:
    op.create_table(
        "original_documents",
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("folder", sa.String(80), nullable=False),
        sa.Column("path", sa.String(220), nullable=False),
        sa.Column("publisher", sa.JSON(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tlp", sa.String(20), nullable=False),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("published_at", core.database.db.UTCDateTime(), nullable=False),
        sa.Column("updated_at", core.database.db.UTCDateTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sha512", sa.String(128), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["bulletin_id"], ["bulletins.id"], name=op.f("fk_original_documents_bulletin_id_bulletins"),
                                ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("bulletin_id", name=op.f("pk_original_documents")),
        sa.UniqueConstraint("folder", "path", name=op.f("uq_original_documents_folder_path")),
    )
    op.create_index("ix_original_documents_folder_updated_at", "original_documents", ["folder", "updated_at"])
    for name in ("is_own", "is_edited"):
        op.add_column("bulletins", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("bulletins", sa.Column("texts_html", sa.JSON(), nullable=True))
    op.add_column("bulletins", sa.Column("texts_version", sa.Integer(), nullable=True))
    _mark()


def _mark() -> None:
    """Set is_own, is_edited and the paths of the bulletins that are there."""
    connection = op.get_bind()
    bulletins = sa.table("bulletins", sa.column("id"), sa.column("reference"), sa.column("tracking_id"),
                         sa.column("import_digest"), sa.column("document_path"), sa.column("published_at"),
                         sa.column("is_own"), sa.column("is_edited"))
    revisions = sa.table("revisions", sa.column("post_id"), sa.column("number"), sa.column("author_id"))
    own = (bulletins.c.tracking_id == bulletins.c.reference) & (bulletins.c.import_digest == "")
    connection.execute(bulletins.update().where(own).values(is_own=sa.true()))
    edited = sa.exists().where(revisions.c.post_id == bulletins.c.id, revisions.c.number > 1,
                               revisions.c.author_id.is_not(None))
    connection.execute(bulletins.update().where(bulletins.c.is_own.is_(sa.false()), edited).values(is_edited=sa.true()))
    foreign = bulletins.c.is_own.is_(sa.false())
    connection.execute(bulletins.update().where(foreign).values(  # so that no new path is taken by an old one
        document_path=sa.literal("-/") + sa.cast(bulletins.c.id, sa.String)))
    after = 0
    while rows := connection.execute(
        sa.select(bulletins.c.id, bulletins.c.reference)
        .where(bulletins.c.id > after, foreign)
        .order_by(bulletins.c.id).limit(BATCH_SIZE)
    ).all():
        for row in rows:
            path = f"{row.reference.split('-')[1]}/{row.reference.lower()}.json"
            connection.execute(bulletins.update().where(bulletins.c.id == row.id).values(document_path=path))
        after = rows[-1].id


def downgrade() -> None:
    for name in ("is_own", "is_edited", "texts_html", "texts_version"):
        with op.batch_alter_table("bulletins") as table:
            table.drop_column(name)
    op.drop_table("original_documents")
