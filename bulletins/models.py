"""Bulletins: a kind of Post with the content of an advisory. vulnerability_models.py has the vulnerabilities.

Every bulletin is stored in these rows, imported or written here; rows.py converts them to an advisory and
back. Columns hold what is filtered, sorted or edited; `more` holds the other fields of an advisory.
"""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bulletins.vulnerability_models import BulletinVulnerability
from core.database.db import UTCDateTime, db, utcnow
from core.database.versions import Versioned
from core.web.site import path_to
from posts.models import Post
from products.models import Product, Release

MAX_NAME_CHARACTERS = 200  # of a publisher and of a tracking id


class Bulletin(Post):
    """One advisory: (publisher, tracking_id) identifies it at its issuer, `reference` on this site.

    The slug repeats the reference, because lists of posts load the slug.

    `imported` has a digest of each part as the last import left it: parts that differ were changed by
    moderators, and imports leave them alone. `priority` sorts all lists (priority.py). `has_fix`: every
    vulnerability has a fix; `fix_state`: the worst of its products (fixes.FIX_STATES); `is_unpatched`: the
    issuer says that some vulnerability or affected product has no fix. `is_informational`: the issuer says
    that nobody need act. `document_status` is Advisory.status. `reader_edition` is the edition of
    the readers that set its facts (import_steps.READER_EDITION). `is_own`: this site issued it; `is_edited`:
    moderators changed what another issuer states.
    """

    __tablename__ = "bulletins"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("publisher", "tracking_id"),
        UniqueConstraint("document_path"),
        Index("ix_bulletins_priority_id", "priority", "id"),
        Index("ix_bulletins_published_at_id", "published_at", "id"),
        Index("ix_bulletins_release_month_priority_id", "release_month", "priority", "id"),
        Index("ix_bulletins_severity_priority_id", "severity", "priority", "id"),
        Index("ix_bulletins_is_unpatched_priority_id", "is_unpatched", "priority", "id"),
        Index("ix_bulletins_fix_state_priority_id", "fix_state", "priority", "id"),
        Index("ix_bulletins_reader_edition", "reader_edition", "id"),
        Index("ix_bulletins_kev_due_on", "kev_due_on"),
    )

    COUNTERS: ClassVar[frozenset[str]] = Post.COUNTERS | {
        "names",
        "imported",
        "import_digest",
        "texts_html",
        "texts_version",
        "is_told",
        "has_failures",
        "reader_edition",
    }

    id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(16))
    publisher: Mapped[str] = mapped_column(String(MAX_NAME_CHARACTERS))
    publisher_namespace: Mapped[str] = mapped_column(Text, default="")
    tracking_id: Mapped[str] = mapped_column(String(MAX_NAME_CHARACTERS))
    document_path: Mapped[str] = mapped_column(String(220))  # of our document below /csaf/, as in CSAF 5.1
    tlp: Mapped[str] = mapped_column(String(20), default="")
    current_release_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    imported_release_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # of the version that was imported last
    full_title: Mapped[str] = mapped_column(
        Text, default=""
    )  # only if longer than the title of a post may be
    severity: Mapped[str] = mapped_column(String(10), default="")
    priority: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    release_month: Mapped[str] = mapped_column(String(7), default="")
    is_told: Mapped[bool] = mapped_column(
        default=False
    )  # whether its publication was announced, or must not be
    is_out_of_band: Mapped[bool] = mapped_column(default=False)
    is_own: Mapped[bool] = mapped_column(default=False)
    is_edited: Mapped[bool] = mapped_column(default=False)
    embargo_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    is_exploited: Mapped[bool] = mapped_column(default=False)
    kev_added_on: Mapped[date | None] = mapped_column(Date)
    kev_due_on: Mapped[date | None] = mapped_column(Date)
    is_ransomware: Mapped[bool] = mapped_column(default=False)
    epss: Mapped[float | None]  # the highest of its vulnerabilities; None if unknown
    has_fix: Mapped[bool] = mapped_column(default=False)
    is_unpatched: Mapped[bool] = mapped_column(default=False)
    fix_state: Mapped[str] = mapped_column(String(10), default="", server_default="")
    is_informational: Mapped[bool] = mapped_column(default=False, server_default=false())
    document_status: Mapped[str] = mapped_column(String(10), default="final", server_default="final")
    reader_edition: Mapped[int] = mapped_column(default=0, server_default="0")
    has_failures: Mapped[bool] = mapped_column(
        default=False
    )  # whether deployment reports show a failure spike
    vulnerability_count: Mapped[int] = mapped_column(default=0)
    names: Mapped[str] = mapped_column(Text, default="")  # other names, for the search index
    more: Mapped[dict] = mapped_column(JSON, default=dict)
    texts_html: Mapped[dict | None] = mapped_column(JSON(none_as_null=True), deferred=True)  # issuer_texts.py
    texts_version: Mapped[int | None]  # of the rules of Markdown
    imported: Mapped[dict] = mapped_column(JSON, default=dict)
    import_digest: Mapped[str] = mapped_column(String(64), default="")

    vulnerabilities: Mapped[list[BulletinVulnerability]] = relationship(
        cascade="all, delete-orphan",
        lazy="raise_on_sql",
        passive_deletes=True,
        order_by="BulletinVulnerability.position",
    )
    products: Mapped[list["AffectedProduct"]] = relationship(
        cascade="all, delete-orphan",
        lazy="raise_on_sql",
        passive_deletes=True,
        order_by="AffectedProduct.position",
    )
    mitigations: Mapped[list["Mitigation"]] = relationship(
        cascade="all, delete-orphan", lazy="raise_on_sql", passive_deletes=True, order_by="Mitigation.id"
    )
    known_issues: Mapped[list["KnownIssue"]] = relationship(
        cascade="all, delete-orphan", lazy="raise_on_sql", passive_deletes=True, order_by="KnownIssue.id"
    )

    __mapper_args__: ClassVar[dict] = {"polymorphic_identity": "bulletin", "inherit_condition": id == Post.id}

    @property
    def document_url(self) -> str:
        """Path of its CSAF document."""
        year, name = self.document_path.removesuffix(".json").split("/")
        return path_to("csaf.document", year=year, name=name)

    @property
    def whole_title(self) -> str:
        """The full title of the document, or the title as changed here."""
        return self.full_title if self.full_title.startswith(self.title) else self.title


class AffectedProduct(db.Model):
    """A product as the document names it, with its worst status, matched to the catalogue where possible.

    `is_whole`: all releases of the product, or a range of versions; else the `named_releases`, or a version
    that the catalogue does not know.

    `key` is the id in the document, `vers` the range of versions that can be compared. `fix_state`: the
    worst state of the vulnerabilities that affect the product (fixes.FIX_STATES); `has_fix`: all of them
    have a fix.
    """

    __tablename__ = "affected_products"
    __table_args__ = (
        Index("ix_affected_products_bulletin_id_position", "bulletin_id", "position"),
        Index("ix_affected_products_product_id_status", "product_id", "status", "bulletin_id"),
        Index("ix_affected_products_vendor_key_bulletin_id", "vendor_key", "bulletin_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    vendor: Mapped[str] = mapped_column(Text, default="")
    vendor_key: Mapped[str] = mapped_column(String(60), default="")
    version: Mapped[str] = mapped_column(Text, default="")
    vers: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(20), default="")
    has_fix: Mapped[bool] = mapped_column(default=False)
    fix_state: Mapped[str] = mapped_column(String(10), default="", server_default="")
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id", ondelete="SET NULL"))
    is_whole: Mapped[bool] = mapped_column(default=False)
    more: Mapped[dict] = mapped_column(JSON, default=dict)

    bulletin: Mapped[Bulletin] = relationship(lazy="raise_on_sql", viewonly=True)
    product: Mapped[Product | None] = relationship(lazy="raise_on_sql")
    named_releases: Mapped[list["AffectedRelease"]] = relationship(
        cascade="all, delete-orphan",
        lazy="raise_on_sql",
        passive_deletes=True,
        order_by="AffectedRelease.release_id",
    )

    @property
    def releases(self) -> list[Release]:
        """The matched releases; none for the product as a whole."""
        return [row.release for row in self.named_releases]


class AffectedRelease(db.Model):
    """A release matched to an affected product; several when a name matches the editions of one version."""

    __tablename__ = "affected_releases"
    __table_args__ = (Index("ix_affected_releases_release_id", "release_id"),)

    affected_product_id: Mapped[int] = mapped_column(
        ForeignKey("affected_products.id", ondelete="CASCADE"), primary_key=True
    )
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True)

    release: Mapped[Release] = relationship(lazy="raise_on_sql")


class Mitigation(Versioned, db.Model):
    """A measure for those who cannot patch, assigned to a layer of defence.

    Mitigations of documents are stored once for each text (`digest`), with a suggested layer that a moderator
    confirms; those written here (`is_ours`) are exported with every vulnerability.
    """

    __tablename__ = "mitigations"
    __table_args__ = (
        UniqueConstraint("bulletin_id", "digest"),
        Index("ix_mitigations_is_confirmed_id", "is_confirmed", "id"),
        Index("ix_mitigations_article_id", "article_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12), default="mitigation")
    text: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, default="")
    layer: Mapped[str] = mapped_column(String(12))
    blocks: Mapped[str] = mapped_column(Text, default="")
    steps: Mapped[list] = mapped_column(JSON, default=list)
    side_effects: Mapped[str] = mapped_column(Text, default="")
    article_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    revision_count: Mapped[int] = mapped_column(default=1)
    is_ours: Mapped[bool] = mapped_column(default=False)
    is_confirmed: Mapped[bool] = mapped_column(default=False)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    article: Mapped[Post | None] = relationship(lazy="raise_on_sql", foreign_keys=[article_id])

    @property
    def as_text(self) -> str:
        """Text and steps as one text, for documents, which have no steps."""
        steps = [
            " ".join(filter(None, (f"{number}.", step.get("text"), step.get("command"))))
            for number, step in enumerate(self.steps, 1)
        ]
        return "\n".join([self.text, *steps])


class KnownIssue(db.Model):
    """A problem after an update, entered here; those of documents are stored with their vulnerabilities."""

    __tablename__ = "known_issues"
    __table_args__ = (Index("ix_known_issues_bulletin_id", "bulletin_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletins.id", ondelete="CASCADE"))
    update: Mapped[str] = mapped_column(String(100), default="")
    details: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class Counter(db.Model):
    """The last number assigned to a bulletin of a year."""

    __tablename__ = "bulletin_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
