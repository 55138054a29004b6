"""Bases, documents, versions, and chunks of knowledge."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011500"
down_revision: str | Sequence[str] | None = "202612011400"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE knowledge_bases (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_knowledge_bases PRIMARY KEY (account_id, id),
    CONSTRAINT fk_knowledge_bases_account_id FOREIGN KEY (account_id)
        REFERENCES accounts (account_id) ON DELETE CASCADE
);
CREATE TABLE knowledge_documents (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    base_id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    url TEXT,
    enabled BOOLEAN DEFAULT true NOT NULL,
    ready_version_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_knowledge_documents PRIMARY KEY (account_id, id),
    CONSTRAINT ck_knowledge_documents_kind CHECK (kind IN ('file', 'page', 'note', 'qa')),
    CONSTRAINT fk_knowledge_documents_account_id_base_id
        FOREIGN KEY (account_id, base_id) REFERENCES knowledge_bases (account_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_knowledge_documents_account_id_base_id_id ON knowledge_documents (account_id, base_id, id);
CREATE INDEX ix_knowledge_documents_account_id_ready_version_id ON knowledge_documents (account_id, ready_version_id);
CREATE TABLE knowledge_versions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    document_id UUID NOT NULL,
    media_type TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    status TEXT DEFAULT 'queued' NOT NULL,
    progress INTEGER DEFAULT 0 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    deadline TIMESTAMP WITH TIME ZONE,
    error_code TEXT,
    error TEXT,
    chunks INTEGER DEFAULT 0 NOT NULL,
    embedding_model TEXT,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_knowledge_versions PRIMARY KEY (account_id, id),
    CONSTRAINT ck_knowledge_versions_status
        CHECK (status IN ('queued', 'extracting', 'indexing', 'ready', 'failed', 'canceled', 'replaced')),
    CONSTRAINT ck_knowledge_versions_progress CHECK (progress BETWEEN 0 AND 100),
    CONSTRAINT ck_knowledge_versions_failed CHECK ((status = 'failed') = (error_code IS NOT NULL)),
    CONSTRAINT fk_knowledge_versions_account_id_document_id
        FOREIGN KEY (account_id, document_id) REFERENCES knowledge_documents (account_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX ix_knowledge_versions_account_id_document_id_id ON knowledge_versions (account_id, document_id, id);
ALTER TABLE knowledge_documents ADD CONSTRAINT fk_knowledge_documents_account_id_id_ready_version_id
    FOREIGN KEY (account_id, id, ready_version_id) REFERENCES knowledge_versions (account_id, document_id, id);
CREATE TABLE knowledge_chunks (
    account_id UUID NOT NULL,
    version_id UUID NOT NULL,
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    heading TEXT NOT NULL,
    page INTEGER,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    enabled BOOLEAN DEFAULT true NOT NULL,
    embedding HALFVEC(384) NOT NULL,
    words TSVECTOR GENERATED ALWAYS AS (
        to_tsvector('english', heading || ' ' || text) || array_to_tsvector(ARRAY['@' || account_id::text])
    ) STORED NOT NULL,
    CONSTRAINT pk_knowledge_chunks PRIMARY KEY (account_id, version_id, ordinal),
    CONSTRAINT fk_knowledge_chunks_account_id_version_id
        FOREIGN KEY (account_id, version_id) REFERENCES knowledge_versions (account_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_knowledge_chunks_account_id_sha256 ON knowledge_chunks (account_id, sha256);
CREATE INDEX ix_knowledge_chunks_words ON knowledge_chunks USING gin (words);
CREATE INDEX ix_knowledge_chunks_embedding ON knowledge_chunks
    USING hnsw (embedding halfvec_cosine_ops) WITH (m = 16, ef_construction = 64);
"""

# Matching words isn't leakproof, so with row-level security no index serves it. This function reads the account where
# the policies do, and the index begins with the account because each vector of words has it as a word.
SEARCH = """
create function api.knowledge_by_words(bases uuid[], query tsquery, most integer)
returns table (version_id uuid, ordinal integer, rank real) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select m.version_id, m.ordinal, pg_catalog.ts_rank(m.words, query) as rank
    from (
        select c.version_id, c.ordinal, c.words
        from public.knowledge_chunks c
        join public.knowledge_documents d on d.account_id = c.account_id and d.ready_version_id = c.version_id
        where c.account_id = nullif(pg_catalog.current_setting('app.account_id', true), '')::uuid
            and c.words @@ (
                pg_catalog.quote_literal('@' || pg_catalog.current_setting('app.account_id', true))::tsquery && query
            )
            and c.enabled and d.enabled and d.base_id = any (bases)
        limit 4000
    ) m
    order by rank desc, m.version_id, m.ordinal
    limit most
$$
"""

# What the application may change of each table.
CHANGES = {
    "knowledge_bases": "name",
    "knowledge_documents": "name, enabled, ready_version_id",
    "knowledge_versions": (
        "status, progress, attempts, deadline, error_code, error, chunks, embedding_model, finished_at"
    ),
    "knowledge_chunks": "enabled",
}
ACCOUNT = "account_id = (select nullif(current_setting('app.account_id', true), '')::uuid)"


def upgrade() -> None:
    op.execute(TABLES)
    for table, columns in CHANGES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy isolation on {table} using ({ACCOUNT}) with check ({ACCOUNT})")
        op.execute(f"grant select, insert, delete, update ({columns}) on {table} to quantum_app")
    op.execute("grant select (account_id, version_id, ordinal, words, enabled) on knowledge_chunks to quantum_system")
    op.execute("grant select (account_id, base_id, ready_version_id, enabled) on knowledge_documents to quantum_system")
    op.execute("grant create on schema api to quantum_system")
    op.execute(SEARCH)
    op.execute("revoke all on function api.knowledge_by_words(uuid[], tsquery, integer) from public")
    op.execute("grant execute on function api.knowledge_by_words(uuid[], tsquery, integer) to quantum_app")
    op.execute("alter function api.knowledge_by_words(uuid[], tsquery, integer) owner to quantum_system")
    op.execute("revoke create on schema api from quantum_system")
