"""Products, their releases and the phases of a release; how they are called; who runs what."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, TypeDecorator, UniqueConstraint
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
BY_BYTES = String(40).with_variant(String(40, collation="C"), "postgresql")  # for ranges of beginnings


class DateOrFlag(TypeDecorator):
    """A date, or true or false where only that is known, in one sortable column of ten characters.

    Dates sort before `false` and `true`, so `>= day` finds what ends on `day`, later, or on no
    known day; queries.running() is the only place that relies on it.
    """

    impl = String(10)
    cache_ok = True
    python_type = date

    def process_bind_param(self, value: Ends | None, dialect) -> str | None:
        if value is None:
            return None
        return str(value).lower() if isinstance(value, bool) else value.isoformat()

    def process_result_value(self, value: str | None, dialect) -> Ends | None:
        return (
            {"true": True, "false": False, None: None}.get(value, value)
            if value in ("true", "false", None)
            else date.fromisoformat(value)
        )


class Product(Versioned, db.Model):
    """Something people run. `ours` names the facts a moderator decided: imports leave them alone.

    `supported_until` repeats latest_end() of its releases, so that lists need not read them.
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
        """Path of its page."""
        return path_to("products.product", slug=self.slug)

    @property
    def live_releases(self) -> list["Release"]:
        """Its releases, newest first, without those a moderator removed."""
        return [release for release in self.releases if release.removed_at is None]

    @property
    def aliases(self) -> list["ProductName"]:
        """Its names and identifiers, but for those it has by itself."""
        return [name for name in self.names if name.kind != naming.TITLE]

    def value(self, field: str) -> object:
        """One of PRODUCT_FACTS; names as their lines, the description as Markdown."""
        return [name.line for name in self.aliases] if field == "names" else getattr(self, field)

    def put(self, field: str, value: object) -> None:
        """Set one of PRODUCT_FACTS; a description comes rendered, names as `naming.Name`s."""
        if field == "description" and isinstance(value, Rendered):
            self.description, self.description_html = value.source, value.html
            self.markup_version = value.version
        elif field == "names":
            titles = {(n.kind, n.key) for n in self.names if n.kind == naming.TITLE}
            self._keep_names({(n.kind, n.key): n for n in value}, titles)
        else:
            setattr(self, field, value)
        if field in ("name", "vendor", "names", "tags"):
            self._follow_name()

    def _keep_names(self, wanted: dict[tuple, naming.Name], others: set[tuple]) -> None:
        have = {(n.kind, n.key): n for n in self.names}
        for key, row in have.items():
            if key in wanted:
                row.value = wanted[key].value
            elif key not in others:
                self.names.remove(row)
        self.names += [
            ProductName(kind=n.kind, value=n.value, key=n.key) for key, n in wanted.items() if key not in have
        ]

    def _follow_name(self) -> None:
        """Bring what derives from name, vendor and aliases in line: titles, words, place in lists."""
        self.sort_name = (self.name or self.slug).casefold()
        titles = naming.titles(self.slug, self.name or self.slug, self.vendor or "")
        self._keep_names({(n.kind, n.key): n for n in titles}, {(n.kind, n.key) for n in self.aliases})
        plain = [n.value for n in self.names if n.kind in (naming.NAME, naming.TITLE)]
        wanted = {word[:40] for text in (*plain, self.tags or "") for word in naming.words(text)}
        have = {row.word: row for row in self.words}
        for word in have.keys() - wanted:
            self.words.remove(have[word])
        self.words += [ProductWord(word=word) for word in sorted(wanted - have.keys())]


class ProductName(db.Model):
    """A spelling that means a product; `kind` is one of those in names.py, found by `key`."""

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
        """As people write it."""
        return naming.Name(self.kind, self.value, self.key).line


class ProductWord(db.Model):
    """A word of a product's names, for the box that searches while one types."""

    __tablename__ = "product_words"
    __table_args__ = (Index("ix_product_words_word_product_id", "word", "product_id"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(BY_BYTES, primary_key=True)


class Release(Versioned, db.Model):
    """A release cycle of a product; when its support ends stand in `phases`."""

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
        """When each tracked phase ends."""
        return {phase.kind: phase.ends for phase in self.phases}

    @property
    def title(self) -> str:
        """Product and release in one name, without saying a word twice."""
        product, label = self.product.name.split(), (self.label or self.cycle).split()
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

    def put(self, field: str, value: object) -> None:
        """Set one of RELEASE_FACTS; each new end of a phase raises its sequence."""
        if field not in lifecycle.KINDS:
            setattr(self, field, value)
            return
        phase = next((p for p in self.phases if p.kind == field), None)
        if value is None:
            self.phases = [p for p in self.phases if p is not phase]
        elif phase is None:
            self.phases.append(LifecyclePhase(kind=field, ends=value))
        elif phase.ends != value or isinstance(phase.ends, bool) != isinstance(value, bool):
            phase.ends, phase.changed_at = value, utcnow()
            phase.sequence += 1


class LifecyclePhase(db.Model):
    """One kind of support of a release: it ends on a day, or only whether it is over is known."""

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


class OwnedRelease(db.Model):
    """A member runs a product: one release of it, or the product as a whole."""

    __tablename__ = "owned_releases"
    __table_args__ = (
        UniqueConstraint("user_id", "product_id", "release_id"),
        Index(
            "uq_owned_releases_whole",
            "user_id",
            "product_id",
            unique=True,
            sqlite_where=db.text("release_id IS NULL"),
            postgresql_where=db.text("release_id IS NULL"),
        ),
        Index("ix_owned_releases_product_id", "product_id"),
        Index("ix_owned_releases_release_id", "release_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(10), default="picked")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)

    product: Mapped[Product] = relationship(lazy="raise_on_sql")
    release: Mapped[Release | None] = relationship(lazy="raise_on_sql")
