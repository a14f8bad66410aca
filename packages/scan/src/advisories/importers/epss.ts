/** Reads FIRST's daily scores: how likely a hole is to be exploited within thirty days. */
import { ScanError } from '../../error.ts';
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';

/** The ecosystem key under which the store keeps the scores. */
export const EPSS = 'EPSS';

export const epssFile = (name: string): boolean => /\.csv(?:\.gz|\.zst)?$/.test(name);

const CVE = /^CVE-\d{4}-\d{4,}$/;

/**
 * @see first.org/epss/data_stats: a comment `#model_version:...,score_date:...`, the line `cve,epss,percentile`, the scores
 * @throws ScanError `feed-invalid` for what has another shape altogether
 */
export function readEpss(file: FeedFile, into: Collector, licence: string): void {
  const lines = file.bytes.toString('utf8').split('\n');
  const comment = lines[0]?.startsWith('#') ? lines.shift() : undefined;
  if (lines.shift()?.trim() !== 'cve,epss,percentile')
    throw new ScanError(
      'feed-invalid',
      `${file.name} is no table of EPSS scores: its columns are not cve,epss,percentile`,
    );
  const feed = into.feed('epss', 'epss', licence);
  into.seen(feed, /score_date:([^,\s]+)/.exec(comment ?? '')?.[1]);
  for (const line of lines) {
    if (line.trim() === '') continue;
    const [cve = '', probability, percentile] = line.trim().split(',');
    const score = [Number(probability), Number(percentile)] as const;
    if (CVE.test(cve) && percentile !== undefined && score.every((value) => value >= 0 && value <= 1))
      into.add(feed, EPSS, cve, { probability: score[0], percentile: score[1] });
    else into.refuse(`the line ${JSON.stringify(line.slice(0, 80))} of ${file.name}`);
  }
}
