-- Chains, their runs, verdicts, policies and exceptions.
create table chain (
  chain_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null,
  version integer not null,
  definition jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz,
  unique (account_id, name, version)
);
create unique index chain_current on chain (account_id, name) where retired_at is null;
call guard_account_table('chain');

create table run (
  run_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  chain_id uuid not null references chain,
  subject_digest text not null,
  tag text,
  trigger text not null check (trigger in ('push', 'delivery', 'manual', 'renewal')),
  requested_by text not null,
  state text not null check (state in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'denied')),
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index on run (repository_id, subject_digest, created_at desc);
create index on run (account_id, created_at desc);
-- One live run for a subject: a second trigger joins the first.
create unique index run_live on run (repository_id, subject_digest, chain_id) where finished_at is null;
call guard_account_table('run');

create table step_run (
  step_run_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  run_id uuid not null references run,
  ordinal integer not null,
  name text not null,
  kind text not null,
  needs text[] not null,
  on_deny text[] not null,
  parameters jsonb not null,
  state text not null check (state in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'denied')),
  attempts integer not null default 0,
  -- when its job was put into the queue: a step has exactly one
  enqueued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  result jsonb,
  error text,
  unique (run_id, name)
);
call guard_account_table('step_run');

create table policy_bundle (
  account_id uuid not null references account,
  version integer not null,
  digest text not null,
  content jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (account_id, version)
);
call guard_account_table('policy_bundle');

create table exception (
  exception_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null check (name ~ '^[a-z0-9][a-z0-9.-]{0,99}$'),
  kind text not null check (kind in ('finding', 'policy', 'detection', 'drift', 'break-glass')),
  selector jsonb not null,
  owner text not null,
  reason text not null check (length(reason) >= 10),
  approver text,
  created_at timestamptz not null default now(),
  approved_at timestamptz,
  expires_at timestamptz not null,
  withdrawn_at timestamptz,
  unique (account_id, name)
);
call guard_account_table('exception');

create table verdict (
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  digest text not null,
  decision text not null check (decision in ('allow', 'deny')),
  state text not null check (state in ('pending', 'valid', 'expired', 'revoked', 'superseded')),
  reasons jsonb not null,
  inputs jsonb not null,
  input_hash text not null,
  run_id uuid not null references run,
  decided_at timestamptz not null default now(),
  valid_until timestamptz not null,
  primary key (account_id, repository_id, digest)
);
create index on verdict (digest);
call guard_account_table('verdict');

create table verdict_history (
  verdict_history_id bigint generated always as identity primary key,
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  digest text not null,
  decision text not null,
  reasons jsonb not null,
  input_hash text not null,
  run_id uuid not null references run,
  decided_at timestamptz not null,
  valid_until timestamptz not null
);
create index on verdict_history (repository_id, digest, verdict_history_id desc);
call guard_account_table('verdict_history');
revoke update, delete on verdict_history from pratique_tenant, pratique_system;
