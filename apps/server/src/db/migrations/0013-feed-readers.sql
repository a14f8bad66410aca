-- Upload sessions live in their signed URLs.
drop table upload;

-- Processes that answer from memory, and how far each has read the feed: whoever changes something that others may
-- remember waits for them. What is here is worth nothing after a crash of the database, so it is not logged.
create unlogged table feed_reader (
  reader_id uuid primary key,
  -- What it remembers, which is what its writers must wait for.
  remembers text not null check (remembers in ('registry', 'admission')),
  -- The database's clock when the last reading began that was read to the end and handed on.
  read_at timestamptz not null
) with (fillfactor = 50);
grant select, insert, update, delete on feed_reader to pratique_system;
