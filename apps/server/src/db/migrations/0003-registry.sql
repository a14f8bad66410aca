-- Blobs and manifests are facts shared by all accounts; a repository's rows say what it holds. A tenant sees a shared
-- fact only through a repository of its own: the policies below join the tables that carry account_id.
create table repository (
  repository_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null check (length(name) <= 255),
  immutable_tags boolean not null default false,
  created_at timestamptz not null default now(),
  unique (account_id, name)
);
call guard_account_table('repository');

create table blob (
  digest text primary key,
  size bigint not null check (size >= 0),
  created_at timestamptz not null default now()
);

create table manifest (
  digest text primary key,
  media_type text not null,
  artifact_type text,
  subject_digest text,
  config_digest text,
  config_media_type text,
  runnable boolean not null,
  size integer not null,
  bytes bytea not null,
  created_at timestamptz not null default now()
);

create table manifest_edge (
  parent text not null references manifest (digest),
  child text not null,
  kind text not null check (kind in ('config', 'layer', 'manifest')),
  ordinal integer not null,
  media_type text not null,
  size bigint not null,
  platform jsonb,
  primary key (parent, kind, ordinal)
);
create index on manifest_edge (child);

create table repository_blob (
  repository_id uuid not null references repository,
  account_id uuid not null references account,
  digest text not null references blob,
  added_at timestamptz not null default now(),
  primary key (repository_id, digest)
);
create index on repository_blob (digest);
call guard_account_table('repository_blob');

create table repository_manifest (
  repository_id uuid not null references repository,
  account_id uuid not null references account,
  digest text not null references manifest,
  pushed_by text not null,
  pushed_at timestamptz not null default now(),
  primary key (repository_id, digest)
);
create index on repository_manifest (digest);
call guard_account_table('repository_manifest');

create table tag (
  repository_id uuid not null references repository,
  account_id uuid not null references account,
  name text not null,
  digest text not null,
  immutable boolean not null default false,
  updated_at timestamptz not null default now(),
  primary key (repository_id, name),
  foreign key (repository_id, digest) references repository_manifest
);
create index on tag (repository_id, digest);
call guard_account_table('tag');

create table tag_event (
  seq bigint generated always as identity primary key,
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  tag text not null,
  old_digest text,
  new_digest text,
  actor text not null,
  -- push: a client; chain: a step of a chain; delivery: another account's delivery. Only push and delivery start runs.
  origin text not null check (origin in ('push', 'chain', 'delivery')),
  at timestamptz not null default now()
);
create index on tag_event (repository_id, seq desc);
call guard_account_table('tag_event');
revoke update, delete on tag_event from pratique_tenant, pratique_system;

create table referrer (
  repository_id uuid not null references repository,
  account_id uuid not null references account,
  subject_digest text not null,
  digest text not null references manifest,
  media_type text not null,
  artifact_type text not null,
  size integer not null,
  annotations jsonb,
  primary key (repository_id, subject_digest, digest)
);
call guard_account_table('referrer');

create table upload (
  upload_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  actor text not null,
  started_at timestamptz not null default now(),
  touched_at timestamptz not null default now()
);
call guard_account_table('upload');

create table hold (
  hold_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  digest text not null,
  holder text not null,
  reason text not null,
  until timestamptz,
  created_at timestamptz not null default now(),
  unique (account_id, digest, holder)
);
create index on hold (digest);
call guard_account_table('hold');

-- Shared facts: a tenant inserts what it brings and reads what a repository of its own names.
create procedure guard_shared_table(name text, visible text) language plpgsql as $$
begin
  execute format('alter table %I enable row level security', name);
  execute format('alter table %I force row level security', name);
  execute format('create policy tenant_read on %I for select to pratique_tenant using (%s)', name, visible);
  execute format('create policy tenant_write on %I for insert to pratique_tenant with check (true)', name);
  execute format('create policy system on %I to pratique_system using (true) with check (true)', name);
  execute format('grant select, insert on %I to pratique_tenant', name);
  execute format('grant select, insert, update, delete on %I to pratique_system', name);
end $$;
call guard_shared_table('blob', 'exists (select from repository_blob held where held.digest = blob.digest)');
call guard_shared_table('manifest', 'exists (select from repository_manifest held where held.digest = manifest.digest)');
call guard_shared_table('manifest_edge', 'exists (select from repository_manifest held where held.digest = manifest_edge.parent)');
