-- Advisories come as one snapshot after another, and one seldom says anything new of more than some dozen packages. So
-- matches are not made anew for each snapshot: once all have been brought to a snapshot, they are settled, and stand for
-- whatever snapshot the installation has swept to, until one says something else of their package.
create table advisory_sweep (
  only_one boolean primary key default true check (only_one),
  -- Of which all settled matches and scans are; null before the first sweep.
  snapshot text,
  -- To which they are being brought; nothing is settled meanwhile.
  target text,
  -- Revision of the matching code that settled matches were made with.
  matcher integer not null default 0
);
insert into advisory_sweep default values;
grant select on advisory_sweep to pratique_tenant;
grant select, update on advisory_sweep to pratique_system;

alter table package_matched
  add column settled boolean not null default false,
  -- What the store is asked for this package: `ecosystem` tab `name`, and `ecosystem` tab `*`.
  add column about text[] not null default '{}';
create index package_matched_unsettled on package_matched (package_id) where not settled;
create index package_matched_about on package_matched using gin (about);
create index package_match_aliases on package_match using gin (aliases);

alter table scan add column settled boolean not null default false;
create index scan_unsettled on scan (inventory_id) where not settled;
