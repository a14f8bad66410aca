-- What is in an image, and what is known about what is in it. Facts about bytes; keyed by manifest digest.
create table package (
  package_id bigint generated always as identity primary key,
  -- sha256 over type, name, version, source, architecture and distribution: one row for each distinct package.
  key bytea not null unique,
  type text not null,
  name text not null,
  version text not null,
  purl text not null,
  source_name text not null,
  source_version text not null,
  architecture text,
  distribution text
);
create index on package (name);

create table inventory (
  inventory_id bigint generated always as identity primary key,
  manifest_digest text not null references manifest (digest),
  revision integer not null,
  distribution jsonb,
  missing jsonb not null,
  package_count integer not null,
  file_count integer not null,
  created_at timestamptz not null default now(),
  unique (manifest_digest, revision)
);

create table inventory_package (
  inventory_id bigint not null references inventory,
  ordinal integer not null,
  package_id bigint not null references package,
  owner text,
  licenses text[] not null,
  layer text,
  paths text[] not null,
  primary key (inventory_id, ordinal)
);
create index on inventory_package (package_id);

create table inventory_file (
  inventory_id bigint not null references inventory,
  path text not null,
  mode integer not null,
  size bigint not null,
  uid integer not null,
  gid integer not null,
  sha256 text,
  diff_id text,
  primary key (inventory_id, path)
);
create index on inventory_file (sha256) where sha256 is not null;

-- Matching is done once for each distinct package and advisory snapshot; zero rows in package_match with a row here
-- means "matched, nothing found"; no row here means "not matched yet".
create table package_matched (
  package_id bigint primary key references package,
  snapshot text not null,
  matched_at timestamptz not null default now()
);
create table package_match (
  package_id bigint not null references package,
  advisory_id text not null,
  aliases text[] not null,
  severity text not null,
  status text not null,
  fixed_version text,
  exploited boolean not null,
  title text,
  evidence jsonb not null,
  primary key (package_id, advisory_id)
);
create index on package_match (advisory_id);

create table scan (
  inventory_id bigint primary key references inventory,
  snapshot text not null,
  uncovered jsonb not null,
  scanned_at timestamptz not null default now()
);

call guard_shared_table('inventory', 'exists (select from repository_manifest held where held.digest = inventory.manifest_digest)');
call guard_shared_table('inventory_package', 'exists (select from inventory i where i.inventory_id = inventory_package.inventory_id)');
call guard_shared_table('inventory_file', 'exists (select from inventory i where i.inventory_id = inventory_file.inventory_id)');
call guard_shared_table('scan', 'exists (select from inventory i where i.inventory_id = scan.inventory_id)');
call guard_shared_table('package', 'exists (select from inventory_package p where p.package_id = package.package_id)');
call guard_shared_table('package_matched', 'exists (select from inventory_package p where p.package_id = package_matched.package_id)');
call guard_shared_table('package_match', 'exists (select from inventory_package p where p.package_id = package_match.package_id)');
-- Facts are established by the platform alone.
revoke insert on inventory, inventory_package, inventory_file, scan, package, package_matched, package_match from pratique_tenant;
