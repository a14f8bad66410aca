-- What lists of findings across images are sorted and searched by.
alter table package_match
  -- Priority without what depends on the image. Set when a package is matched, and when likelihoods change.
  add column score smallint not null default 0,
  -- All names of the hole, its title and the package's name, in lower case.
  add column search text not null default '',
  -- Of the package, so that counting needs no join.
  add column package_type text not null default '';
-- Until the next snapshot the likelihood counts for nothing.
update package_match m set
  score = case when status = 'not-affected' then 0 else
    case when exploited then 35 else 0 end
    + case severity when 'critical' then 25 when 'high' then 18 when 'unknown' then 12 when 'medium' then 9 when 'low' then 3 else 0 end
    + case when fixed_version is not null then 6 else 0 end end,
  search = lower(advisory_id || ' ' || array_to_string(aliases, ' ') || ' ' || coalesce(title, '') || ' ' || p.name),
  package_type = p.type
  from package p where p.package_id = m.package_id;
-- The severity's place among all, then the score.
create function severity_weight(severity text, score smallint) returns integer language sql immutable parallel safe
  return case severity when 'critical' then 6000 when 'high' then 5000 when 'medium' then 4000 when 'unknown' then 3000 when 'low' then 2000 else 1000 end + score;
-- A page of a list is read from its beginning, and not sorted out of all.
create index package_match_by_score on package_match (score, advisory_id, package_id);
create index package_match_by_severity on package_match (severity_weight(severity, score), advisory_id, package_id);
create index package_match_by_age on package_match (first_seen, advisory_id, package_id);

create view held_finding as
  select h.account_id, h.images, m.* from account_package h join package_match m using (package_id)
  where h.account_id = any (tenant_accounts()) and m.status <> 'not-affected';
create view held_finding_of_package as
  select h.account_id, h.images, m.*, p.name, p.version, p.source_name, p.source_version, p.distribution
  from account_package h join package_match m using (package_id) join package p using (package_id)
  where h.account_id = any (tenant_accounts()) and m.status <> 'not-affected';
create view held_matched as
  select h.account_id, m.* from account_package h join package_matched m using (package_id)
  where h.account_id = any (tenant_accounts());
create view unscanned_image as
  select r.account_id, r.repository_id, r.digest from repository_manifest r join manifest m using (digest)
  where r.account_id = any (tenant_accounts()) and m.runnable
    and not exists (select from held_image h where h.repository_id = r.repository_id and h.digest = r.digest);
grant select on held_finding, held_finding_of_package, held_matched, unscanned_image to pratique_tenant;
