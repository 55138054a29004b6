"""Knowledge: bases, documents, and what a question finds in them."""

from contextlib import aclosing
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from quantum_app.api import rate_limits, uploads
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import BaseId, Cursor, DocumentId
from quantum_app.api.schemas import knowledge as schemas
from quantum_app.api.schemas.problem import problems
from quantum_app.api.uploads import UploadedFile
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.flows.engine.runner import THRESHOLD
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.knowledge import search, service, writing
from quantum_app.domain.knowledge.schemas import Document, DocumentKind, Match, Upload, VersionStatus
from quantum_app.domain.knowledge.service import FileTooLarge
from quantum_app.domain.knowledge.writing import LONGEST_ANSWER, LONGEST_NOTE, LONGEST_QUESTION, MOST_QUESTIONS
from quantum_app.errors import Conflict, InvalidInput, NotFound, QuotaExceeded, TooManyRequests
from quantum_app.kit.file_names import file_stem
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.object_storage import ObjectStorage
from quantum_app.settings import settings

router = APIRouter(prefix="/api/knowledge", route_class=Endpoint, tags=["Knowledge"])

Reader = Annotated[Identity, allowed(Permission.KNOWLEDGE_READ)]
Editor = Annotated[Identity, allowed(Permission.KNOWLEDGE_WRITE)]
Name = Annotated[str, Field(max_length=service.LONGEST_NAME)]
Ordinal = Annotated[int, Path(ge=0, lt=1 << 31, description="The number of the passage in the document.")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many to return.")]
AfterDocument = Annotated[
    DocumentId | None, Cursor("doc"), Query(description="The id of the last item on the previous page.")
]

_MOST_PASSAGES = 20
_BINARY = "application/octet-stream"
_FILE = {"content": {_BINARY: {"schema": {"type": "string", "format": "binary"}}}}


class SaveBase(BaseModel):
    name: Name


class WriteNote(BaseModel):
    name: Name
    text: str = Field(max_length=LONGEST_NOTE, description="Plain text or Markdown.")


class Question(BaseModel):
    question: str = Field(max_length=LONGEST_QUESTION)
    answer: str = Field(max_length=LONGEST_ANSWER)


class WriteQuestions(BaseModel):
    name: Name
    questions: list[Question] = Field(min_length=1, max_length=MOST_QUESTIONS)


class ChangeDocument(BaseModel):
    name: Name | None = Field(None, description="Without one, the name stays.")
    enabled: bool | None = Field(None, description="Whether it is searched. Without it, that stays.")


class ChangePassage(BaseModel):
    enabled: bool = Field(description="Whether it is searched.")


class SearchKnowledge(BaseModel):
    question: str = Field(min_length=1, max_length=500, description="As a caller would ask it.")
    base_ids: list[BaseId] = Field(min_length=1, max_length=50, description="The knowledge bases to search.")
    limit: int = Field(5, ge=1, le=_MOST_PASSAGES)


@router.get("/bases", summary="List knowledge bases")
async def list_knowledge_bases(identity: Reader) -> schemas.KnowledgeBaseList:
    """Returns the account's knowledge bases by name."""
    async with account_session(identity.account_id) as session:
        bases = await service.list_bases(session)
    return schemas.KnowledgeBaseList(
        data=[schemas.KnowledgeBase.model_validate(item) for item in bases], has_more=False
    )


@router.post("/bases", summary="Create a knowledge base", status_code=201)
async def create_knowledge_base(body: SaveBase, identity: Editor) -> schemas.KnowledgeBase:
    """Creates an empty knowledge base."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        base_id = await service.create_base(session, identity.account_id, identity.actor, body.name)
        return schemas.KnowledgeBase.model_validate(await service.get_base(session, base_id))


@router.get("/bases/{base_id}", summary="Retrieve a knowledge base")
async def retrieve_knowledge_base(base_id: BaseId, identity: Reader) -> schemas.KnowledgeBase:
    """Returns a knowledge base."""
    async with account_session(identity.account_id) as session:
        return schemas.KnowledgeBase.model_validate(await service.get_base(session, base_id))


@router.patch("/bases/{base_id}", summary="Rename a knowledge base")
async def rename_knowledge_base(base_id: BaseId, body: SaveBase, identity: Editor) -> schemas.KnowledgeBase:
    """Renames a knowledge base."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await service.rename_base(session, identity.account_id, identity.actor, base_id, body.name)
        return schemas.KnowledgeBase.model_validate(await service.get_base(session, base_id))


@router.delete("/bases/{base_id}", summary="Delete a knowledge base", **NO_CONTENT)
async def delete_knowledge_base(base_id: BaseId, identity: Editor) -> None:
    """Deletes a knowledge base with all its documents. This can't be undone."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await service.delete_base(session, identity.account_id, identity.actor, base_id)


@router.get("/bases/{base_id}/documents", summary="List documents", responses=problems(400))
async def list_documents(
    base_id: BaseId,
    identity: Reader,
    limit: Limit = 50,
    starting_after: AfterDocument = None,
    name: Annotated[str, Query(max_length=service.LONGEST_NAME, description="A part of the name.")] = "",
    status: Annotated[VersionStatus | None, Query(description="Of the newest version.")] = None,
) -> schemas.KnowledgeDocumentList:
    """Returns documents of a knowledge base, newest first."""
    async with account_session(identity.account_id) as session:
        page = await service.list_documents(
            session,
            base_id,
            name=name.strip(),
            status=(status,) if status else (),
            after=starting_after,
            limit=limit,
        )
    return schemas.KnowledgeDocumentList(
        data=[_document(item) for item in page.documents], has_more=page.next is not None
    )


@router.post("/bases/{base_id}/notes", summary="Write a note", status_code=201, responses=problems(409))
async def create_note(base_id: BaseId, body: WriteNote, identity: Editor) -> schemas.KnowledgeDocument:
    """Stores a text as a document, and starts processing it."""
    return await _add(identity, base_id, writing.note(body.name, body.text))


@router.post(
    "/bases/{base_id}/questions", summary="Add questions and answers", status_code=201, responses=problems(409)
)
async def create_questions(base_id: BaseId, body: WriteQuestions, identity: Editor) -> schemas.KnowledgeDocument:
    """Stores questions and answers as a document, and starts processing it."""
    pairs = [(item.question, item.answer) for item in body.questions]
    return await _add(identity, base_id, writing.questions(body.name, pairs))


@router.post(
    "/upload",
    summary="Upload documents",
    responses=problems(404),
    openapi_extra=uploads.body("A PDF, Word (.docx), Markdown, HTML, CSV or text file.", many=True),
)
async def upload_documents(
    request: Request, base_id: Annotated[BaseId, Query(description="The knowledge base.")], identity: Editor
) -> schemas.UploadResults:
    """Stores files as documents, and starts processing them. Returns what became of each, so one can fail alone."""
    await rate_limits.count(rate_limits.UPLOADS_BY_PERSON, "upload", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        await service.get_base(session, base_id)
    results: list[schemas.UploadResult] = []
    with uploads.uploading(identity.account_id):
        async with aclosing(uploads.files(request)) as files:
            async for file in files:
                results.append(await _store(identity, base_id, file))
    if not results:
        raise InvalidInput("Choose at least one file.", field="file")
    return schemas.UploadResults(files=results)


@router.get("/documents/{document_id}", summary="Retrieve a document")
async def retrieve_document(document_id: DocumentId, identity: Reader) -> schemas.KnowledgeDocument:
    """Returns a document with its newest version."""
    async with account_session(identity.account_id) as session:
        return _document(await service.get_document(session, document_id))


@router.patch("/documents/{document_id}", summary="Update a document")
async def update_document(document_id: DocumentId, body: ChangeDocument, identity: Editor) -> schemas.KnowledgeDocument:
    """Renames a document, or turns it on or off."""
    account_id, actor = identity.account_id, identity.actor
    async with account_session(account_id, user_id=identity.user_id) as session:
        if body.name is not None:
            await service.rename_document(session, account_id, actor, document_id, body.name)
        if body.enabled is not None:
            await service.set_document_enabled(session, account_id, actor, document_id, body.enabled)
        return _document(await service.get_document(session, document_id))


@router.delete("/documents/{document_id}", summary="Delete a document", **NO_CONTENT)
async def delete_document(document_id: DocumentId, identity: Editor) -> None:
    """Deletes a document with its versions. From then on no answer uses it. This can't be undone."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await service.delete_document(session, identity.account_id, identity.actor, document_id)


@router.post("/documents/{document_id}/retry", summary="Process a document again", responses=problems(409))
async def retry_document(document_id: DocumentId, identity: Editor) -> schemas.KnowledgeDocument:
    """Processes a document again that failed or was canceled."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        return _document(await service.retry(session, identity.account_id, identity.actor, document_id))


@router.post("/documents/{document_id}/cancel", summary="Cancel processing a document", responses=problems(409))
async def cancel_document(document_id: DocumentId, identity: Editor) -> schemas.KnowledgeDocument:
    """Stops processing a document. An earlier version that is ready stays searchable."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        return _document(await service.cancel(session, identity.account_id, identity.actor, document_id))


@router.get(
    "/documents/{document_id}/content",
    summary="Download a document",
    response_class=Response,
    responses={200: _FILE},
)
async def download_document(document_id: DocumentId, identity: Reader) -> Response:
    """Returns the content of the newest version, as it was uploaded."""
    async with account_session(identity.account_id) as session:
        document = await service.get_document(session, document_id)
    content = await _storage().get(identity.account_id, document.version.id)
    name = writing.file_name(document)
    plain = f"{file_stem(name, 'document')}"
    headers = {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
    # Never a type that a browser would show: whoever uploaded it chose what is in it.
    return Response(content, media_type=_BINARY, headers=headers)


@router.put(
    "/documents/{document_id}/content",
    summary="Replace the content of a document",
    openapi_extra=uploads.body("The new content.", many=False),
)
async def replace_document(request: Request, document_id: DocumentId, identity: Editor) -> schemas.KnowledgeDocument:
    """Stores a new version of a document. The earlier one is searched until it is ready."""
    await rate_limits.count(rate_limits.UPLOADS_BY_PERSON, "upload", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        await service.get_document(session, document_id)
    with uploads.uploading(identity.account_id):
        async with aclosing(uploads.files(request)) as files:
            file = await anext(files, None)
        if file is None:
            raise InvalidInput("Choose a file.", field="file")
        upload = _upload(file)
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            return _document(
                await service.replace_content(
                    session, _storage(), identity.account_id, identity.actor, document_id, upload
                )
            )


@router.get("/documents/{document_id}/versions", summary="List versions of a document")
async def list_document_versions(document_id: DocumentId, identity: Reader) -> schemas.DocumentVersionList:
    """Returns all versions of a document, newest first."""
    async with account_session(identity.account_id) as session:
        versions = await service.list_versions(session, document_id)
    data = [schemas.DocumentVersion.model_validate(item) for item in versions]
    return schemas.DocumentVersionList(data=data, has_more=False)


@router.get("/documents/{document_id}/passages", summary="List passages of a document")
async def list_passages(
    document_id: DocumentId,
    identity: Reader,
    first: Annotated[int, Query(ge=0, lt=1 << 31, description="The number of the first passage to return.")] = 0,
    limit: Limit = 50,
) -> schemas.DocumentPassageList:
    """Returns the passages that are searched of a document, in its order."""
    async with account_session(identity.account_id) as session:
        chunks = await service.list_chunks(session, document_id, first=first, limit=limit + 1)
    data = [schemas.DocumentPassage.model_validate(item) for item in chunks[:limit]]
    return schemas.DocumentPassageList(data=data, has_more=len(chunks) > limit)


@router.patch("/documents/{document_id}/passages/{ordinal}", summary="Turn a passage on or off", **NO_CONTENT)
async def update_passage(document_id: DocumentId, ordinal: Ordinal, body: ChangePassage, identity: Editor) -> None:
    """Decides whether a passage is searched, until the document gets another version."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await service.set_chunk_enabled(
            session, identity.account_id, identity.actor, document_id, ordinal, body.enabled
        )


@router.post("/search", summary="Search knowledge bases", responses=problems(404))
async def search_knowledge(body: SearchKnowledge, identity: Reader) -> schemas.KnowledgeSearchResults:
    """Returns the passages that fit a question best, and whether they are enough to answer it."""
    await rate_limits.count(rate_limits.SEARCHES_BY_PERSON, "knowledge", str(identity.user_id))
    async with account_session(identity.account_id) as session:
        known_ids = {base.id for base in await service.list_bases(session)}
    if not known_ids.issuperset(body.base_ids):
        raise NotFound("Knowledge base not found.")
    async with aclosing(Embeddings(settings().embeddings)) as embedder:
        matches = await search.search(identity.account_id, body.base_ids, body.question, embedder, limit=body.limit)
    return schemas.KnowledgeSearchResults(
        passages=[_passage(match) for match in matches],
        threshold=THRESHOLD,
        answered=any(match.score >= THRESHOLD for match in matches),
    )


async def _store(identity: Identity, base_id: UUID, file: UploadedFile) -> schemas.UploadResult:
    """One file of several: what is wrong with it is its result."""
    try:
        document = await _add(identity, base_id, _upload(file))
    except (InvalidInput, Conflict, QuotaExceeded, TooManyRequests) as error:
        problem = schemas.UploadError(code=error.code, detail=error.message)
        return schemas.UploadResult(name=file.name, document=None, error=problem)
    return schemas.UploadResult(name=file.name, document=document, error=None)


async def _add(identity: Identity, base_id: UUID, upload: Upload) -> schemas.KnowledgeDocument:
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        return _document(
            await service.add_document(session, _storage(), identity.account_id, identity.actor, base_id, upload)
        )


def _upload(file: UploadedFile) -> Upload:
    """Raises FileTooLarge. The type that a browser names isn't kept: the content decides."""
    if file.size > service.LARGEST_FILE:
        raise FileTooLarge(f"This file is larger than {service.LARGEST_FILE // 1_000_000} MB. Split it.", field="file")
    return Upload(file.name, _BINARY, bytes(file.content), DocumentKind.FILE)


def _storage() -> ObjectStorage:
    return ObjectStorage(settings().storage, settings().home)


def _document(item: Document) -> schemas.KnowledgeDocument:
    return schemas.KnowledgeDocument.model_validate(item)


def _passage(match: Match) -> schemas.FoundPassage:
    passage = match.passage
    return schemas.FoundPassage(
        document_id=passage.document_id,
        document=passage.document,
        ordinal=passage.ordinal,
        text=passage.text,
        heading=passage.heading,
        page=passage.page,
        score=match.score,
        similarity=match.similarity,
        words=match.words,
    )
