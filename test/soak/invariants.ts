/** What must be true of the database whatever was killed when. Each query finds what breaks the rule. */
import type pg from 'pg';

type Rule = { rule: string; query: string };

const RULES: readonly Rule[] = [
  {
    rule: 'every run has ended',
    query: `select run_id, state from run where finished_at is null or state not in ('succeeded', 'failed', 'denied')`,
  },
  {
    rule: 'every step of a run that ended has ended',
    query: `select run_id, name, state from step_run where state not in ('succeeded', 'failed', 'skipped', 'denied')`,
  },
  {
    rule: 'no run failed',
    query: `select run.run_id, s.name, s.error from run left join step_run s on s.run_id = run.run_id and s.state = 'failed' where run.state = 'failed'`,
  },
  {
    rule: 'the end of a run is told once',
    query: `select run.run_id, count(o.seq) from run left join outbox o on o.type = 'run.finished' and o.data->>'runId' = run.run_id::text
            where run.finished_at is not null group by 1 having count(o.seq) <> 1`,
  },
  {
    rule: 'the end of a step is told once',
    query: `select data->>'runId' as run, data->>'step' as step, count(*) from outbox
            where type in ('step.succeeded', 'step.denied', 'step.failed') group by 1, 2 having count(*) > 1`,
  },
  {
    rule: 'a subject is run once',
    query: `select repository_id, subject_digest, count(*) from run group by 1, 2 having count(*) > 1`,
  },
  {
    rule: 'a verdict is decided once for each run',
    query: `select run_id, digest, count(*) from verdict_history group by 1, 2 having count(*) > 1`,
  },
  {
    rule: 'every run that passed the gate has its verdict',
    query: `select s.run_id from step_run s join run using (run_id)
            left join verdict v on v.repository_id = run.repository_id and v.digest = run.subject_digest
            where s.kind = 'gate' and s.state in ('succeeded', 'denied') and (v.digest is null or (v.decision = 'allow') <> (s.state = 'succeeded'))`,
  },
  {
    rule: 'a statement is signed once',
    query: `select repository_id, subject_digest, predicate_type, count(*) from attestation group by 1, 2, 3 having count(*) > 1`,
  },
  {
    rule: 'the referrers of an image are those of its statements and of its delivery, and no more',
    query: `select r.repository_id, r.subject_digest, count(*) as referrers, min(own.made) as made from referrer r
            join repository using (repository_id) join account a on a.account_id = r.account_id and a.name = 'vendor'
            left join (select repository_id, subject_digest, count(distinct manifest_digest) as made from attestation group by 1, 2) own
              on own.repository_id = r.repository_id and own.subject_digest = r.subject_digest
            where r.artifact_type not in ('application/vnd.pratique.repair.v1+json', 'application/vnd.in-toto+json')
            group by 1, 2 having count(*) is distinct from min(own.made)`,
  },
  {
    rule: 'an image that was denied is repaired once, and the repair is told once',
    query: `select run.run_id, count(distinct p.repair_id) as repairs, count(distinct o.seq) as told from run
            join repository r using (repository_id) left join repair p on p.repository_id = run.repository_id and p.subject_digest = run.subject_digest and p.repaired_digest is not null
            left join outbox o on o.account_id = run.account_id and o.type = 'image.repaired' and o.data->>'digest' = run.subject_digest
            where run.state = 'denied' and r.name like 'soak/%' group by 1 having count(distinct p.repair_id) <> 1 or count(distinct o.seq) <> 1`,
  },
  {
    rule: 'both images of a repair name the other once, and the repaired one says once how it came to be',
    query: `select p.repair_id from repair p where p.repaired_digest is not null and (
              (select count(*) from referrer f where f.repository_id = p.repository_id and f.subject_digest = p.subject_digest and f.artifact_type = 'application/vnd.pratique.repair.v1+json') <> 1
              or (select count(*) from referrer f where f.repository_id = p.repository_id and f.subject_digest = p.repaired_digest and f.artifact_type = 'application/vnd.pratique.repair.v1+json') <> 1
              or (select count(*) from referrer f where f.repository_id = p.repository_id and f.subject_digest = p.repaired_digest and f.artifact_type = 'application/vnd.in-toto+json') <> 1)`,
  },
  { rule: 'every delivery is done', query: `select delivery_id from delivery where state <> 'delivered'` },
  {
    rule: 'a delivery has one receipt on each side, and both prove the same graph',
    query: `select d.delivery_id, count(r.receipt_id), count(distinct r.graph_hash) from delivery d left join receipt r using (delivery_id)
            group by 1 having count(r.receipt_id) <> 2 or count(distinct r.graph_hash) <> 1 or count(distinct r.side) <> 2`,
  },
  {
    rule: 'a delivery is told once on each side',
    query: `select data->>'deliveryId' as delivery, type, count(*) from outbox where type like 'delivery.%' group by 1, 2 having count(*) <> 1`,
  },
  {
    rule: 'a delivered tag names what was delivered',
    query: `select d.delivery_id from delivery d left join repository r on r.account_id = d.to_account_id and r.name = d.to_repository
            left join tag t on t.repository_id = r.repository_id and t.name = d.to_tag
            where d.state = 'delivered' and (t.digest is distinct from d.digest or not t.immutable)`,
  },
  {
    rule: 'a change of a tag is kept once',
    query: `select repository_id, tag, new_digest, count(*) from tag_event where origin <> 'chain' group by 1, 2, 3 having count(*) > 1`,
  },
  {
    rule: 'the feed has no gap',
    query: `select a.name, a.outbox_seq, count(o.seq), max(o.seq) from account a left join outbox o using (account_id)
            group by 1, 2 having count(o.seq) <> a.outbox_seq or coalesce(max(o.seq), 0) <> a.outbox_seq`,
  },
  {
    rule: 'the queue is empty',
    query: `select id, task_identifier, attempts, last_error from graphile_worker.jobs where attempts < max_attempts`,
  },
  {
    rule: 'no job was given up',
    query: `select id, task_identifier, last_error from graphile_worker.jobs where attempts >= max_attempts`,
  },
  {
    rule: 'whatever a manifest of a repository lists is in the repository',
    query: `select e.parent, e.child from manifest_edge e join repository_manifest m on m.digest = e.parent
            left join repository_blob b on b.repository_id = m.repository_id and b.digest = e.child
            left join repository_manifest c on c.repository_id = m.repository_id and c.digest = e.child
            where b.digest is null and c.digest is null`,
  },
];

/** @returns a sentence for each rule that is broken, with the first rows that break it */
export async function brokenRules(database: pg.Pool): Promise<string[]> {
  const broken: string[] = [];
  for (const { rule, query } of RULES) {
    const { rows } = await database.query<Record<string, unknown>>(query);
    if (rows.length > 0)
      broken.push(`not so: ${rule} (${rows.length}): ${JSON.stringify(rows.slice(0, 3)).slice(0, 800)}`);
  }
  return broken;
}
