-- Keys, attestations, contracts between accounts, deliveries.
create table signing_key (
  signing_key_id uuid primary key default gen_random_uuid(),
  -- null: the key of the instance
  account_id uuid references account,
  public_pem text not null,
  -- the private key, encrypted under the master key; only the signer process can open it
  wrapped jsonb not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
create unique index signing_key_current on signing_key (coalesce(account_id, '00000000-0000-0000-0000-000000000000')) where retired_at is null;
alter table signing_key enable row level security;
alter table signing_key force row level security;
create policy tenant on signing_key for select to pratique_tenant using (account_id = any (tenant_accounts()));
create policy system on signing_key to pratique_system using (true) with check (true);
grant select (signing_key_id, account_id, public_pem, created_at, retired_at) on signing_key to pratique_tenant;
grant select, insert, update on signing_key to pratique_system;

create table authority (
  -- the built-in certificate authority's key and certificate, encrypted like signing keys
  name text primary key,
  certificate_pem text not null,
  wrapped jsonb not null,
  created_at timestamptz not null default now()
);
grant select, insert, update on authority to pratique_system;

create table attestation (
  attestation_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  subject_digest text not null,
  predicate_type text not null,
  -- what it was made from: the same input never makes a second one
  input_hash text not null,
  signing_key_id uuid not null references signing_key,
  -- the referrer manifest in the registry; null for evidence that is kept here only (denials)
  manifest_digest text,
  bundle jsonb not null,
  created_at timestamptz not null default now(),
  unique (repository_id, subject_digest, predicate_type, input_hash)
);
create index on attestation (repository_id, subject_digest, created_at desc);
call guard_account_table('attestation');

create table contract (
  contract_id uuid primary key default gen_random_uuid(),
  from_account_id uuid not null references account,
  to_account_id uuid not null references account,
  -- patterns of the sender's repositories and of the receiver's
  from_repositories text[] not null,
  to_repositories text[] not null,
  -- the receiver's word: the vendor's signature and verdict count as evidence in the receiver's gate
  trust_vendor boolean not null default false,
  offered_by text not null,
  accepted_by text,
  created_at timestamptz not null default now(),
  accepted_at timestamptz,
  ended_at timestamptz,
  check (from_account_id <> to_account_id)
);
create unique index contract_live on contract (from_account_id, to_account_id) where ended_at is null;
alter table contract enable row level security;
alter table contract force row level security;
create policy tenant on contract to pratique_tenant
  using (from_account_id = any (tenant_accounts()) or to_account_id = any (tenant_accounts()))
  with check (from_account_id = any (tenant_accounts()) or to_account_id = any (tenant_accounts()));
create policy system on contract to pratique_system using (true) with check (true);
grant select, insert, update on contract to pratique_tenant, pratique_system;

create table delivery (
  delivery_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  contract_id uuid not null references contract,
  from_repository_id uuid not null references repository,
  to_account_id uuid not null references account,
  to_repository text not null,
  to_tag text not null,
  digest text not null,
  state text not null check (state in ('copying', 'delivered')),
  requested_by text not null,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  unique (contract_id, from_repository_id, to_repository, to_tag, digest)
);
create index on delivery (digest);
call guard_account_table('delivery');

create table receipt (
  receipt_id uuid primary key default gen_random_uuid(),
  account_id uuid not null references account,
  delivery_id uuid not null references delivery,
  side text not null check (side in ('sent', 'received')),
  repository_id uuid not null references repository,
  repository text not null,
  counterparty text not null,
  tag text not null,
  digest text not null,
  -- proof of equality: every manifest and blob that was compared, and the hash over their sorted digests
  manifests integer not null,
  blobs integer not null,
  graph_hash text not null,
  at timestamptz not null default now(),
  unique (delivery_id, side)
);
create index on receipt (repository_id, digest);
call guard_account_table('receipt');
