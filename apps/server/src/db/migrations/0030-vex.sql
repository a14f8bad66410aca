-- VEX: statements of people who know a product, whose word counts for the account: put there by its maintainers, or
-- attached to an image and signed by somebody whom the account trusts. Nothing is ever overwritten; what no longer counts
-- stays readable, since verdicts were decided by it.
create table vex_document (
  vex_document_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  -- of the document's bytes
  digest text not null,
  document text not null,
  author text,
  -- [{names, products, status, justification, statement, at}]
  statements jsonb not null,
  source text not null check (source in ('file', 'attestation')),
  -- of an attestation: the image it is attached to, and the manifest that attaches it
  repository_id uuid references repository on delete cascade,
  subject_digest text,
  manifest_digest text,
  signer text,
  -- why an attestation does not count; null: it does
  refused text,
  added_by text not null,
  added_at timestamptz not null default now(),
  withdrawn_by text,
  withdrawn_at timestamptz,
  check ((source = 'file') = (repository_id is null)),
  check ((repository_id is null) = (subject_digest is null)),
  check (source = 'attestation' or refused is null)
);
create unique index vex_document_file on vex_document (account_id, digest) where source = 'file' and withdrawn_at is null;
create unique index vex_document_attestation on vex_document (repository_id, subject_digest, digest) where source = 'attestation' and withdrawn_at is null;
create index vex_document_in_force on vex_document (account_id) where withdrawn_at is null and refused is null;
call guard_account_table('vex_document');
