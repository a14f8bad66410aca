-- Repairs: an image's packages brought to the versions that its own suites offer, in one layer more. What a chain repairs is
-- recorded with the step that did it; what somebody asks for waits here for its job.
create table repair (
  repair_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  -- what is to be repaired, and the tag under which it was asked for
  subject_digest text not null,
  tag text,
  mode text not null check (mode in ('preview', 'repair')),
  scope text not null check (scope in ('all', 'findings')),
  tagging text not null check (tagging in ('suffix', 'move')),
  -- both images are started before the repair counts
  smoke_start boolean not null default false,
  step_run_id uuid unique references step_run,
  requested_by text not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  attempts integer not null default 0,
  original_digest text,
  -- null where there was nothing to repair; of a preview: what it would become
  repaired_digest text,
  repaired_tag text,
  -- the statement of how the repaired image came to be, as it is attached to it: the one that the chain signs
  provenance_digest text,
  child_run_id uuid references run,
  -- [{digest, os, architecture, result, skipped}]
  platforms jsonb not null default '[]',
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  check ((finished_at is not null) = (state in ('done', 'failed')))
);
create index on repair (repository_id, subject_digest, created_at desc);
create index on repair (repository_id, repaired_digest) where mode = 'repair' and repaired_digest is not null;
create index on repair (account_id, created_at desc);
-- What is asked for twice is done once.
create unique index repair_live on repair (repository_id, subject_digest, mode, scope, tagging) where finished_at is null;
call guard_account_table('repair');

-- Manifests that repairs made, platform by platform: an image that only says so of itself is none.
create table repaired_manifest (
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  digest text not null,
  original_digest text not null,
  primary key (repository_id, digest)
);
create index on repaired_manifest (repository_id, original_digest);
call guard_account_table('repaired_manifest');

-- The newest release file that was seen of each suite: an older one is somebody's who wants old packages installed.
create table archive_release (
  uri text primary key,
  date timestamptz not null
);
grant select, insert, update, delete on archive_release to pratique_system;

alter table run drop constraint run_trigger_check;
alter table run add constraint run_trigger_check check (trigger in ('push', 'delivery', 'manual', 'renewal', 'repair'));
