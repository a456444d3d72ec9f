"""Products, their names, releases and life-cycle phases; the products of members."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, Dialect, ForeignKey, Index, String, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.db import UTCDateTime, db, utcnow
from core.database.versions import Versioned
from core.markup.markup import MARKUP_VERSION, Rendered
from core.web.site import path_to
from products import names as naming
from products.lifecycle import phases as lifecycle
from products.lifecycle.phases import Ends

PRODUCT_FACTS = (
    "name",
    "vendor",
    "category",
    "tags",
    "description",
    "policy_url",
    "version_command",
    "phase_names",
    "names",
)
RELEASE_FACTS = ("label", "codename", "released_on", "lts", "latest", "latest_on", "link", *lifecycle.KINDS)
BYTE_ORDERED = String(40).with_variant(String(40, collation="C"), "postgresql")  # for prefix ranges


class DateOrFlag(TypeDecorator):
    """A date, or True or False where only that is known, in one sortable column of ten characters.

    Dates sort before `false` and `true`, so `>= day` finds what ends on `day`, later, or on an
    unknown day; only queries.not_ended() relies on it.
    """

    impl = String(10)
    cache_ok = True

    @property
    def python_type(self) -> type[date]:
        """The type of most values."""
        return date

    def process_bind_param(self, value: Ends | None, dialect: Dialect) -> str | None:
        """Convert to ten characters."""
        if value is None:
            return None
        return str(value).lower() if isinstance(value, bool) else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Ends | None:
        """Convert from ten characters."""
        if value is None:
            return None
        return value == "true" if value in ("true", "false") else date.fromisoformat(value)


class Product(Versioned, db.Model):
    """A product. `ours` names the facts that a moderator set and imports do not change.

    `supported_until` repeats latest_end() of the releases, so that lists need not read them.
    """

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("slug"),
        Index("ix_products_sort_name_id", "sort_name", "id"),
        Index("ix_products_category_sort_name_id", "category", "sort_name", "id"),
        Index("ix_products_vendor_sort_name_id", "vendor", "sort_name", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(100))
    sort_name: Mapped[str] = mapped_column(String(100))
    vendor: Mapped[str] = mapped_column(String(60), default="")
    category: Mapped[str] = mapped_column(String(30), default="")
    tags: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    description_html: Mapped[str] = mapped_column(Text, default="")
    markup_version: Mapped[int] = mapped_column(default=MARKUP_VERSION)
    policy_url: Mapped[str] = mapped_column(String(300), default="")
    version_command: Mapped[str] = mapped_column(String(300), default="")
    phase_names: Mapped[dict] = mapped_column(JSON, default=dict)
    ours: Mapped[list] = mapped_column(JSON, default=list)
    revision_count: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(String(100), default="")
    supported_until: Mapped[Ends | None] = mapped_column(DateOrFlag)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    releases: Mapped[list["Release"]] = relationship(
        back_populates="product",
        lazy="raise_on_sql",
        passive_deletes=True,
        order_by="(Release.released_on.desc().nulls_last(), Release.id)",
    )
    names: Mapped[list["ProductName"]] = relationship(
        cascade="all, delete-orphan", lazy="raise_on_sql", passive_deletes=True, order_by="ProductName.id"
    )
    words: Mapped[list["ProductWord"]] = relationship(
        cascade="all, delete-orphan", lazy="raise_on_sql", passive_deletes=True
    )

    @property
    def path(self) -> str:
        """Path of the page."""
        return path_to("products.product", slug=self.slug)

    @property
    def live_releases(self) -> list["Release"]:
        """Releases that are not removed, newest first."""
        return [release for release in self.releases if release.removed_at is None]

    @property
    def aliases(self) -> list["ProductName"]:
        """Names and identifiers, except those derived from the product's name."""
        return [name for name in self.names if name.kind != naming.TITLE]

    def value(self, field: str) -> object:
        """One of PRODUCT_FACTS; names as lines, the description as Markdown."""
        return [name.line for name in self.aliases] if field == "names" else getattr(self, field)

    def set_value(self, field: str, value: Any) -> None:
        """Set one of PRODUCT_FACTS; the description as Rendered, names as a list of naming.Name."""
        if field == "description" and isinstance(value, Rendered):
            self.description = value.source
            self.description_html = value.html
            self.markup_version = value.version
        elif field == "names":
            titles = {(n.kind, n.key) for n in self.names if n.kind == naming.TITLE}
            self._replace_names({(n.kind, n.key): n for n in value}, titles)
        else:
            setattr(self, field, value)
        if field in ("name", "vendor", "names", "tags"):
            self._update_derived()

    def _replace_names(self, wanted: dict[tuple, naming.Name], others: set[tuple]) -> None:
        existing = {(n.kind, n.key): n for n in self.names}
        for key, row in existing.items():
            if key in wanted:
                row.value = wanted[key].value
            elif key not in others:
                self.names.remove(row)
        self.names += [
            ProductName(kind=n.kind, value=n.value, key=n.key)
            for key, n in wanted.items()
            if key not in existing
        ]

    def _update_derived(self) -> None:
        """Update what is derived from name, vendor and aliases: titles, words, sort key."""
        self.sort_name = (self.name or self.slug).casefold()
        titles = naming.titles(self.slug, self.name or self.slug, self.vendor or "")
        self._replace_names({(n.kind, n.key): n for n in titles}, {(n.kind, n.key) for n in self.aliases})
        spellings = [n.value for n in self.names if n.kind in (naming.NAME, naming.TITLE)]
        wanted = {word[:40] for text in (*spellings, self.tags or "") for word in naming.words(text)}
        existing = {row.word: row for row in self.words}
        for word in existing.keys() - wanted:
            self.words.remove(existing[word])
        self.words += [ProductWord(word=word) for word in sorted(wanted - existing.keys())]


class ProductName(db.Model):
    """A name or identifier of a product; `kind` is one of those in names.py, `key` its normalized form."""

    __tablename__ = "product_names"
    __table_args__ = (
        UniqueConstraint("product_id", "kind", "key"),
        Index("ix_product_names_kind_key", "kind", "key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(300))

    @property
    def line(self) -> str:
        """The name as text, with the prefix of its kind."""
        return naming.Name(self.kind, self.value, self.key).line


class ProductWord(db.Model):
    """A word of a product's names, for searches by prefix."""

    __tablename__ = "product_words"
    __table_args__ = (Index("ix_product_words_word_product_id", "word", "product_id"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(BYTE_ORDERED, primary_key=True)


class Release(Versioned, db.Model):
    """A release cycle of a product; `phases` are the ends of its support."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("product_id", "cycle"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    cycle: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(100), default="")
    codename: Mapped[str] = mapped_column(String(100), default="")
    released_on: Mapped[date | None] = mapped_column(Date)
    lts: Mapped[Ends | None] = mapped_column(DateOrFlag)
    latest: Mapped[str] = mapped_column(String(60), default="")
    latest_on: Mapped[date | None] = mapped_column(Date)
    link: Mapped[str] = mapped_column(String(300), default="")
    ours: Mapped[list] = mapped_column(JSON, default=list)
    revision_count: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    product: Mapped[Product] = relationship(back_populates="releases", lazy="raise_on_sql")
    phases: Mapped[list["LifecyclePhase"]] = relationship(
        back_populates="release", cascade="all, delete-orphan", lazy="raise_on_sql", passive_deletes=True
    )

    @property
    def ends(self) -> dict[str, Ends]:
        """Ends by kind of support."""
        return {phase.kind: phase.ends for phase in self.phases}

    @property
    def title(self) -> str:
        """Product and release in one name, without repeated words."""
        product = self.product.name.split()
        label = (self.label or self.cycle).split()
        for size in range(min(len(product), len(label)), 0, -1):
            if [w.casefold() for w in product[-size:]] == [w.casefold() for w in label[:size]]:
                return " ".join([*product, *label[size:]])
        return " ".join([*product, *label])

    def is_lts(self, day: date) -> bool:
        """Whether it counts as a long-term release on `day`."""
        return self.lts <= day if isinstance(self.lts, date) else bool(self.lts)

    def value(self, field: str) -> object:
        """One of RELEASE_FACTS."""
        return self.ends.get(field) if field in lifecycle.KINDS else getattr(self, field)

    def set_value(self, field: str, value: Any) -> None:
        """Set one of RELEASE_FACTS; a new end of a phase increments its sequence."""
        if field not in lifecycle.KINDS:
            setattr(self, field, value)
            return
        phase = next((p for p in self.phases if p.kind == field), None)
        if value is None:
            self.phases = [p for p in self.phases if p is not phase]
        elif phase is None:
            self.phases.append(LifecyclePhase(kind=field, ends=value))
        elif phase.ends != value or isinstance(phase.ends, bool) != isinstance(value, bool):
            phase.ends = value
            phase.changed_at = utcnow()
            phase.sequence += 1


class LifecyclePhase(db.Model):
    """One kind of support of a release, and when it ends (or only whether it has ended)."""

    __tablename__ = "lifecycle_phases"
    __table_args__ = (
        UniqueConstraint("release_id", "kind"),
        Index("ix_lifecycle_phases_kind_ends_id", "kind", "ends", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    release_id: Mapped[int] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(12))
    ends: Mapped[Ends] = mapped_column(DateOrFlag)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    release: Mapped[Release] = relationship(back_populates="phases", lazy="raise_on_sql")

    @property
    def end_date(self) -> date:
        """The day on which it ends; raises ValueError when only True or False is known."""
        if isinstance(self.ends, bool):
            raise ValueError("this end has no date")
        return self.ends


class OwnedRelease(db.Model):
    """An entry of an inventory: a release, or a product as a whole.

    `user_id` is the owner of the inventory. A row without an inventory was written by a process of an earlier
    version; it is moved to the owner's default inventory.
    """

    __tablename__ = "owned_releases"
    __table_args__ = (
        Index(
            "uq_owned_releases_release", "inventory_id", "product_id", "release_id", unique=True
        ),  # an index, not a constraint: processes of the version before write rows without an inventory
        Index(
            "uq_owned_releases_whole",
            "inventory_id",
            "product_id",
            unique=True,
            sqlite_where=db.text("release_id IS NULL"),
            postgresql_where=db.text("release_id IS NULL"),
        ),
        Index("ix_owned_releases_product_id", "product_id"),
        Index("ix_owned_releases_release_id", "release_id"),
        Index("ix_owned_releases_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    inventory_id: Mapped[int | None] = mapped_column(ForeignKey("inventories.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(10), default="picked")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")
