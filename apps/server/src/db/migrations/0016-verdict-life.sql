-- The life of a verdict after its birth: examined again before it ends and when something it was decided from changes,
-- revoked by people, and exceptions that end, are refused and remind of themselves.
alter table verdict
  add column renew_at timestamptz not null default now(),
  add column renewal_failures integer not null default 0,
  add column renewal_error text,
  -- when people were told that it ends within a day
  add column warned_at timestamptz;
update verdict set renew_at = decided_at + (valid_until - decided_at) / 2;
create index verdict_due on verdict (renew_at) where state in ('valid', 'expired');
create index verdict_ending on verdict (valid_until) where state = 'valid' and decision = 'allow';

-- When a finding was first known of a package: findings that are new to an image that was allowed have a time of grace.
alter table package_match add column first_seen timestamptz not null default now();
-- Whether a source says anything of the package; a change of this is a change of the image's findings too.
alter table package_matched add column covered boolean not null default true;
create index package_matched_snapshot on package_matched (snapshot, package_id);

-- A revocation is a row, and stays one: whoever judges the image anew finds it until it is lifted.
create table revocation (
  revocation_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  digest text not null,
  -- what was named: an index takes its platforms with it
  root_digest text not null,
  -- null: in every repository of the account
  repository_id uuid references repository,
  reason text not null check (length(reason) >= 3),
  revoked_by text not null,
  created_at timestamptz not null default now(),
  lifted_at timestamptz,
  lifted_by text
);
create unique index revocation_live on revocation (account_id, digest, coalesce(repository_id, '00000000-0000-0000-0000-000000000000')) where lifted_at is null;
create index on revocation (digest) where lifted_at is null;
call guard_account_table('revocation');
revoke delete on revocation from pratique_tenant, pratique_system;

alter table exception
  add column rejected_at timestamptz,
  add column rejected_by text,
  add column rejection_reason text,
  -- told that it ends within three days; told that it has ended
  add column reminded_at timestamptz,
  add column ended_at timestamptz;
update exception set ended_at = expires_at where expires_at <= now();
create index exception_open on exception (expires_at) where ended_at is null and withdrawn_at is null and rejected_at is null;

-- The break-glass under which something was admitted that would have been denied.
alter table admission_review add column break_glass text;
