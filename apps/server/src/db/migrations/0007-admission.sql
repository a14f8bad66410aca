-- Clusters and what was decided for them.
create table cluster (
  cluster_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  name text not null,
  -- null for the default cluster, which is reached from loopback without a token
  token_hash bytea,
  is_default boolean not null default false,
  mode text not null default 'enforce' check (mode in ('enforce', 'warn', 'dryrun')),
  exempt_namespaces text[] not null default '{kube-system,kube-node-lease,kube-public,pratique-system}',
  created_at timestamptz not null default now(),
  removed_at timestamptz,
  unique (account_id, name)
);
create unique index cluster_default on cluster (is_default) where is_default and removed_at is null;
call guard_account_table('cluster');

create table admission_review (
  admission_review_id bigint generated always as identity primary key,
  account_id uuid not null references account,
  cluster_id uuid not null references cluster,
  uid text not null,
  at timestamptz not null default now(),
  operation text not null,
  kind text not null,
  namespace text,
  name text,
  username text,
  allowed boolean not null,
  mode text not null,
  reasons jsonb not null,
  images jsonb not null
);
create index on admission_review (account_id, admission_review_id desc);
create index on admission_review using gin (images jsonb_path_ops);
call guard_account_table('admission_review');
