"""What businesses upload for their assistants: bases, documents, their versions, and the chunks that are searched."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pgvector.sqlalchemy import HALFVEC  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from quantum_app.db.models.base import Base, Mapped, Timestamp, current_time, one_of, server_default

# Numbers of a vector. Models that can give more are asked for so many.
DIMENSIONS = 384

# The account is a word of its own, so that the index finds an account's chunks without a look at those of others.
_WORDS = "to_tsvector('english', heading || ' ' || text) || array_to_tsvector(ARRAY['@' || account_id::text])"


class KnowledgeBase(Base, table=True):
    """Documents that are searched together. Flows name the bases they use."""

    __tablename__ = "knowledge_bases"
    account_id: Mapped[UUID] = Field(primary_key=True, foreign_key="accounts.account_id", ondelete="CASCADE")
    id: Mapped[UUID] = Field(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = current_time()


class KnowledgeDocument(Base, table=True):
    """One source under one name. Answers cite the name.

    kind: an uploaded file, a web page, text that somebody wrote, or questions with their answers. url: of a web page.
    ready_version_id: the version that is searched; none until the first one is ready. enabled: whether it is searched.
    """

    __tablename__ = "knowledge_documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "base_id"], ["knowledge_bases.account_id", "knowledge_bases.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["account_id", "id", "ready_version_id"],
            ["knowledge_versions.account_id", "knowledge_versions.document_id", "knowledge_versions.id"],
            use_alter=True,
        ),
        one_of("kind", "file", "page", "note", "qa"),
        Index(None, "account_id", "base_id", "id"),
        Index(None, "account_id", "ready_version_id"),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    base_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    url: Mapped[str | None] = Field(default=None, sa_type=Text)
    enabled: Mapped[bool] = server_default("true")
    ready_version_id: Mapped[UUID | None] = Field(default=None)
    created_at: Mapped[datetime] = current_time()


class KnowledgeVersion(Base, table=True):
    """The content of a document at one time, and how far it is on its way into the index.

    sha256: of the content, in hexadecimal. size: bytes. progress: percent. deadline: when the attempt counts as lost.
    error_code, error: why the last attempt failed, for programs and for people. chunks: how many it has, once it is
    ready. embedding_model: that of its vectors.
    """

    __tablename__ = "knowledge_versions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "document_id"],
            ["knowledge_documents.account_id", "knowledge_documents.id"],
            ondelete="CASCADE",
        ),
        one_of("status", "queued", "extracting", "indexing", "ready", "failed", "canceled", "replaced"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        CheckConstraint("(status = 'failed') = (error_code IS NOT NULL)", name="failed"),
        Index(None, "account_id", "document_id", "id", unique=True),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    id: Mapped[UUID] = Field(primary_key=True)
    document_id: Mapped[UUID]
    media_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = Field(sa_type=BigInteger)
    status: Mapped[str] = server_default("queued", sa_type=Text)
    progress: Mapped[int] = server_default("0")
    attempts: Mapped[int] = server_default("0")
    deadline: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)
    error_code: Mapped[str | None] = Field(default=None, sa_type=Text)
    error: Mapped[str | None] = Field(default=None, sa_type=Text)
    chunks: Mapped[int] = server_default("0")
    embedding_model: Mapped[str | None] = Field(default=None, sa_type=Text)
    created_by: Mapped[UUID | None] = Field(default=None)
    created_at: Mapped[datetime] = current_time()
    finished_at: Mapped[datetime | None] = Field(default=None, sa_type=Timestamp)


class KnowledgeChunk(Base, table=True):
    """A passage that an answer can be made from. It goes with its version.

    text: what is read out or shown. heading: the headings above it, joined by " > ". page: from 1, of paged documents.
    start_offset, end_offset: of the document's extracted text. sha256: of the normalized text. enabled: whether it is
    searched. words: what full text searches, in which the heading counts.
    """

    __tablename__ = "knowledge_chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "version_id"], ["knowledge_versions.account_id", "knowledge_versions.id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "sha256"),
        Index("ix_knowledge_chunks_words", "words", postgresql_using="gin"),
        Index(
            "ix_knowledge_chunks_embedding",
            "embedding",
            postgresql_using="hnsw",
            postgresql_ops={"embedding": "halfvec_cosine_ops"},
            postgresql_with={"m": 16, "ef_construction": 64},
        ),
    )
    account_id: Mapped[UUID] = Field(primary_key=True)
    version_id: Mapped[UUID] = Field(primary_key=True)
    ordinal: Mapped[int] = Field(primary_key=True)
    text: Mapped[str]
    heading: Mapped[str]
    page: Mapped[int | None] = Field(default=None)
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    sha256: Mapped[str]
    enabled: Mapped[bool] = server_default("true")
    embedding: Mapped[Sequence[float]] = Field(sa_type=HALFVEC(DIMENSIONS))  # type: ignore[call-overload]
    words: Mapped[str] = Field(
        default=None,
        sa_type=TSVECTOR,
        sa_column_args=[Computed(_WORDS, persisted=True)],
    )
