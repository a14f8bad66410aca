-- What proves at each start that a process belongs to this database: with another master key it would make keys that
-- the others cannot open, with another blob folder it would acknowledge pushes that the others do not find.
create table installation (
  only_one boolean primary key default true check (only_one),
  -- Sealed under the master key by the first start.
  canary jsonb,
  -- Stands in the blob folder's marker file; the first start chooses it, and then writes the file.
  blob_store uuid,
  blob_store_marked boolean not null default false
);
insert into installation default values;
grant select, update on installation to pratique_system;
