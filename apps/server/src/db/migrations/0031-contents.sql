-- What is in the contents of an image: secrets, malware, how it stands against the baseline. Facts about bytes, keyed by
-- the manifest and the revision of all rules that looked, like inventories. A secret itself is in none of them.

-- Of fingerprints; sealed under the master key by the first worker.
alter table installation add column fingerprint_salt jsonb;

create table content_examination (
  examination_id bigint generated always as identity primary key,
  manifest_digest text not null references manifest (digest),
  revision text not null,
  -- The one that counts.
  newest boolean not null,
  -- Why the contents could not be examined; then nothing is known of them. Tried again a few times at most.
  failure text,
  attempts integer not null default 1,
  retry_at timestamptz,
  -- Hash over all that was found: an examination by other rules that found the same changes no decision.
  facts text not null,
  secret_count integer not null,
  reachable_count integer not null,
  malware_count integer not null,
  unexamined_count integer not null,
  failed_count integer not null,
  -- Checks of the baseline that passed, by id, and those that do not apply, with the reason.
  passed text[] not null,
  not_applicable jsonb not null,
  examined_at timestamptz not null default now(),
  unique (manifest_digest, revision)
);
create unique index content_examination_newest on content_examination (manifest_digest) where newest;
create index content_examination_known on content_examination (manifest_digest) where newest and failure is null;
create index content_examination_secrets on content_examination (manifest_digest) where newest and secret_count > 0;
create index content_examination_malware on content_examination (manifest_digest) where newest and malware_count > 0;

create table image_secret (
  examination_id bigint not null references content_examination on delete cascade,
  ordinal integer not null,
  fingerprint text not null,
  kind text not null,
  title text not null,
  severity text not null,
  redacted text not null,
  state text not null,
  places jsonb not null,
  place_count integer not null,
  primary key (examination_id, ordinal)
);
create index on image_secret (fingerprint);

create table image_malware (
  examination_id bigint not null references content_examination on delete cascade,
  ordinal integer not null,
  rule text not null,
  family text not null,
  severity text not null,
  confidence text not null,
  path text not null,
  match jsonb not null,
  primary key (examination_id, ordinal)
);
create index on image_malware (rule);

create table image_unexamined (
  examination_id bigint not null references content_examination on delete cascade,
  ordinal integer not null,
  path text not null,
  kind text not null,
  detail text not null,
  primary key (examination_id, ordinal)
);

-- Checks that failed, and those that could not be made.
create table image_check (
  examination_id bigint not null references content_examination on delete cascade,
  ordinal integer not null,
  check_id text not null,
  severity text not null,
  status text not null check (status in ('failed', 'not-examined')),
  result jsonb not null,
  primary key (examination_id, ordinal)
);
create index on image_check (check_id);

call guard_shared_table('content_examination', 'exists (select from repository_manifest held where held.digest = content_examination.manifest_digest)');
call guard_shared_table('image_secret', 'exists (select from content_examination e where e.examination_id = image_secret.examination_id)');
call guard_shared_table('image_malware', 'exists (select from content_examination e where e.examination_id = image_malware.examination_id)');
call guard_shared_table('image_unexamined', 'exists (select from content_examination e where e.examination_id = image_unexamined.examination_id)');
call guard_shared_table('image_check', 'exists (select from content_examination e where e.examination_id = image_check.examination_id)');
-- Facts are established by the platform alone.
revoke insert on content_examination, image_secret, image_malware, image_unexamined, image_check from pratique_tenant;

-- What tenants read across images: walls of their own, since the policies of the shared tables would be asked for each row.
create view held_examination as
  select r.account_id, r.repository_id, r.digest, e.examination_id, e.failure, e.secret_count, e.reachable_count,
    e.malware_count, e.failed_count, e.unexamined_count, e.examined_at
  from repository_manifest r join content_examination e on e.manifest_digest = r.digest and e.newest
  where r.account_id = any (tenant_accounts());
create view held_secret as
  select h.account_id, h.repository_id, h.digest, s.*
  from held_examination h join image_secret s using (examination_id) where h.secret_count > 0;
create view held_malware as
  select h.account_id, h.repository_id, h.digest, m.*
  from held_examination h join image_malware m using (examination_id) where h.malware_count > 0;
grant select on held_examination, held_secret, held_malware to pratique_tenant;
