-- What admission writes for each review costs one round trip, and no plan is made for it again and again.

create function append_events(accounts uuid[], subjects text[], types text[], datas jsonb[]) returns void language plpgsql as $$
begin
  with event as (
    select * from unnest(accounts, subjects, types, datas) with ordinality as e (account_id, subject, type, data, ordinal)),
  counted as (select account_id, count(*) as events from event group by account_id),
  -- In the order of their ids, so that two transactions cannot wait for each other; and not against the rows that only name an account.
  locked as (select a.account_id, a.outbox_seq, c.events from account a join counted c using (account_id) order by a.account_id for no key update of a),
  numbered as (update account a set outbox_seq = l.outbox_seq + l.events from locked l where a.account_id = l.account_id returning a.account_id, l.outbox_seq as before)
  insert into outbox (account_id, seq, subject, type, data)
  select e.account_id, n.before + row_number() over (partition by e.account_id order by e.ordinal), e.subject, e.type, e.data
  from event e join numbered n using (account_id) order by e.ordinal;
end $$;

-- `reviews` is an array of rows of admission_review, `events` one of {account_id, subject, type, data}.
create function record_admission_reviews(reviews jsonb, events jsonb) returns void language plpgsql set role = 'pratique_system' as $$
begin
  insert into admission_review (account_id, cluster_id, uid, operation, kind, namespace, name, username, allowed, mode, reasons, images, break_glass)
  select account_id, cluster_id, uid, operation, kind, namespace, name, username, allowed, mode, reasons, images, break_glass
  from jsonb_to_recordset(reviews) as r (account_id uuid, cluster_id uuid, uid text, operation text, kind text, namespace text, name text,
    username text, allowed boolean, mode text, reasons jsonb, images jsonb, break_glass text);
  -- Last, for it locks the accounts' counters until the commit.
  perform append_events(array_agg(account_id order by n), array_agg(subject order by n), array_agg(type order by n), array_agg(data order by n))
  from rows from (jsonb_to_recordset(events) as (account_id uuid, subject text, type text, data jsonb)) with ordinality as e (account_id, subject, type, data, n);
end $$;

-- A list of pending entries makes one review in some thousands wait until it has been worked off.
alter index admission_review_images_idx set (fastupdate = off);
