"""What the API says about knowledge."""

from pydantic import Field

from quantum_app.api.public_ids import BaseId, DocumentId, VersionId
from quantum_app.api.schemas.base import Page, Resource, Timestamp
from quantum_app.domain.knowledge.schemas import DocumentKind, VersionStatus


class KnowledgeBase(Resource):
    """Documents that an assistant can answer from."""

    id: BaseId
    name: str
    documents: int = Field(description="How many documents it has.")
    created_at: Timestamp


class KnowledgeBaseList(Page[KnowledgeBase]):
    """Knowledge bases."""


class DocumentVersion(Resource):
    """The content of a document at one time."""

    id: VersionId
    status: VersionStatus = Field(description="How far it is. Only a version that is `ready` is searched.")
    progress: int = Field(description="In percent.")
    size: int = Field(description="In bytes.")
    sha256: str = Field(description="Of the content, in hexadecimal.")
    error_code: str | None = Field(description="Why it failed, for programs. Codes are stable.")
    error: str | None = Field(description="Why the last attempt failed, for a person.")
    created_at: Timestamp
    finished_at: Timestamp | None


class KnowledgeDocument(Resource):
    """A document with its newest version."""

    id: DocumentId
    base_id: BaseId
    kind: DocumentKind
    name: str
    enabled: bool = Field(description="Whether it is searched.")
    searchable: bool = Field(description="Whether a version of it is ready. It stays so while a newer one is prepared.")
    chunks: int = Field(description="Passages of the version that is searched.")
    version: DocumentVersion
    created_at: Timestamp


class KnowledgeDocumentList(Page[KnowledgeDocument]):
    """Documents of a knowledge base, newest first."""


class DocumentVersionList(Page[DocumentVersion]):
    """Versions of a document, newest first."""


class DocumentPassage(Resource):
    """A piece of a document that an answer can be made from."""

    ordinal: int = Field(description="Its number in the document, from 0.")
    text: str
    heading: str = Field(description="The headings above it.")
    page: int | None = Field(description="Of paged documents, from 1.")
    enabled: bool = Field(description="Whether it is searched.")


class DocumentPassageList(Page[DocumentPassage]):
    """Passages of a document, in its order."""


class UploadError(Resource):
    """Why a file was not stored."""

    code: str = Field(description="For programs. Codes are stable.")
    detail: str = Field(description="For a person.")


class UploadResult(Resource):
    """What became of one file: a document, or an error."""

    name: str
    document: KnowledgeDocument | None
    error: UploadError | None


class UploadResults(Resource):
    """What became of each file, in their order."""

    files: list[UploadResult]


class FoundPassage(Resource):
    """A passage that fits a question, and why."""

    document_id: DocumentId
    document: str = Field(description="The name of the document.")
    ordinal: int = Field(description="The number of the passage in the document.")
    text: str
    heading: str
    page: int | None
    score: float = Field(description="How well it fits, 0 to 1.")
    similarity: float | None = Field(
        description="Cosine of question and passage. null if only the words matched, or meaning wasn't searched."
    )
    words: float | None = Field(description="How well the words match. null if only the meaning matched.")


class KnowledgeSearchResults(Resource):
    """Passages that fit a question, best first."""

    passages: list[FoundPassage]
    threshold: float = Field(description="Score from which a passage answers a question, unless a flow sets another.")
    answered: bool = Field(description="Whether a passage reaches the threshold.")
