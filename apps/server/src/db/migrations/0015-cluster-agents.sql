-- The agent of a cluster: how it was enrolled, which certificates speak for it, and what it says that runs there.
create table cluster_agent (
  cluster_id uuid primary key references cluster,
  account_id uuid not null references account,
  -- The one-time token, hashed. It stays after its use until it expires: whoever used it may ask again with the same key,
  -- since the answer may have been lost.
  token_hash bytea unique,
  token_expires_at timestamptz,
  -- Hash of the public key that the token was used with; null while it was not.
  enrolled_key bytea,
  enrolled_at timestamptz,
  -- The certificate that speaks for the cluster, and the one before: the answer to a renewal may have been lost.
  serial text,
  previous_serial text,
  certificate_ends_at timestamptz,
  version text,
  -- The agent's clock less the server's, in milliseconds.
  clock_offset_ms bigint,
  generation uuid,
  sequence bigint,
  -- Whether the snapshot of the generation has come to its end.
  is_complete boolean not null default false,
  reported_at timestamptz
);
call guard_account_table('cluster_agent');

create table placement (
  cluster_id uuid not null references cluster,
  pod_uid text not null,
  container text not null,
  account_id uuid not null references account,
  namespace text not null,
  pod text not null,
  workload_kind text,
  workload_name text,
  image text not null,
  -- What the pod's specification pins, and what the runtime says that it runs where that is something else.
  digest text,
  running_digest text,
  started_at timestamptz,
  first_seen timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  generation uuid not null,
  primary key (cluster_id, pod_uid, container)
);
create index on placement (account_id, digest);
create index on placement (account_id, running_digest) where running_digest is not null;
call guard_account_table('placement');
