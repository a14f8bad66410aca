-- Which packages the images of an account hold, and how many images each: kept true by triggers, in the transaction that
-- changes it, whoever does. Findings across images, advisories and packages are asked of these and not of millions of
-- rows of inventories. An image is what a repository holds by a digest; its inventory is the newest that was scanned.
create table held_image (
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  digest text not null,
  inventory_id bigint not null references inventory,
  held_since timestamptz not null,
  primary key (repository_id, digest)
);
create index on held_image (inventory_id);
create index on held_image (account_id, digest);
call guard_account_table('held_image');

create table repository_package (
  account_id uuid not null references account,
  repository_id uuid not null references repository,
  package_id bigint not null references package,
  images integer not null,
  primary key (repository_id, package_id)
) with (fillfactor = 80);
create index on repository_package (account_id, package_id);
call guard_account_table('repository_package');

create table account_package (
  account_id uuid not null references account,
  package_id bigint not null references package,
  images integer not null,
  primary key (account_id, package_id)
) with (fillfactor = 80);
create index on account_package (package_id);
call guard_account_table('account_package');

-- Counted by the platform alone.
revoke insert, update, delete on held_image, repository_package, account_package from pratique_tenant;

-- Adds (1) or takes away (-1) an image's packages. In the order of ids, so that two images that are counted at once wait
-- for each other and do not deadlock.
create procedure count_packages(account uuid, repository uuid, inventory bigint, step integer) language plpgsql as $$
begin
  insert into repository_package as counted (account_id, repository_id, package_id, images)
    select account, repository, package_id, step from (select distinct package_id from inventory_package where inventory_id = inventory and owner is null) as held order by package_id
    on conflict (repository_id, package_id) do update set images = counted.images + step;
  insert into account_package as counted (account_id, package_id, images)
    select account, package_id, step from (select distinct package_id from inventory_package where inventory_id = inventory and owner is null) as held order by package_id
    on conflict (account_id, package_id) do update set images = counted.images + step;
  if step < 0 then
    delete from repository_package where repository_id = repository and images <= 0
      and package_id in (select package_id from inventory_package where inventory_id = inventory);
    delete from account_package where account_id = account and images <= 0
      and package_id in (select package_id from inventory_package where inventory_id = inventory);
  end if;
end $$;

-- Brings what is counted of one image to what it is now.
create procedure count_image(repository uuid, image text) language plpgsql as $$
declare
  held record;
  counted record;
begin
  -- A scan and a push of the same image may not see each other's rows: whoever comes second sees both.
  perform pg_advisory_xact_lock(8480011, hashtext(image));
  select r.account_id, r.pushed_at, i.inventory_id into held
    from repository_manifest r join inventory i on i.manifest_digest = r.digest join scan using (inventory_id)
    where r.repository_id = repository and r.digest = image order by i.revision desc limit 1;
  select account_id, inventory_id into counted from held_image where repository_id = repository and digest = image for update;
  if counted.inventory_id is not distinct from held.inventory_id then return; end if;
  if counted.inventory_id is not null then
    call count_packages(counted.account_id, repository, counted.inventory_id, -1);
    delete from held_image where repository_id = repository and digest = image;
  end if;
  if held.inventory_id is not null then
    insert into held_image (account_id, repository_id, digest, inventory_id, held_since)
      values (held.account_id, repository, image, held.inventory_id, held.pushed_at);
    call count_packages(held.account_id, repository, held.inventory_id, 1);
  end if;
end $$;

-- They run with the rights of whoever migrates: tenants write none of these tables themselves.
create function count_held() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'DELETE' then call count_image(old.repository_id, old.digest);
  else call count_image(new.repository_id, new.digest);
  end if;
  return null;
end $$;
create trigger count_held after insert or delete on repository_manifest for each row execute function count_held();

create function count_scanned() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  held record;
begin
  for held in
    select r.repository_id, r.digest from inventory i join repository_manifest r on r.digest = i.manifest_digest
    where i.inventory_id = new.inventory_id order by r.repository_id
  loop
    call count_image(held.repository_id, held.digest);
  end loop;
  return null;
end $$;
create trigger count_scanned after insert on scan for each row execute function count_scanned();

insert into held_image (account_id, repository_id, digest, inventory_id, held_since)
  select distinct on (r.repository_id, r.digest) r.account_id, r.repository_id, r.digest, i.inventory_id, r.pushed_at
  from repository_manifest r join inventory i on i.manifest_digest = r.digest join scan using (inventory_id)
  order by r.repository_id, r.digest, i.revision desc;
insert into repository_package (account_id, repository_id, package_id, images)
  select h.account_id, h.repository_id, p.package_id, count(*)
  from held_image h join (select distinct inventory_id, package_id from inventory_package where owner is null) p using (inventory_id) group by 1, 2, 3;
insert into account_package (account_id, package_id, images)
  select account_id, package_id, sum(images) from repository_package group by 1, 2;

-- What tenants read: walls of their own, since the policies of the shared tables would ask for every row of them anew
-- whether an image of the tenant's holds it. Here that is what the rows come from.
create view held_package as
  select h.account_id, h.images, p.* from account_package h join package p using (package_id)
  where h.account_id = any (tenant_accounts());
create view held_content as
  select h.account_id, h.repository_id, h.digest, h.inventory_id, h.held_since, i.package_id, i.licenses
  from held_image h join inventory_package i using (inventory_id)
  where h.account_id = any (tenant_accounts()) and i.owner is null;
grant select on held_package, held_content to pratique_tenant;
