/** The sources there are: which files of a feed each reads, how, and under which licence the data is published. */
import type { Collector } from '../collect.ts';
import type { FeedFile } from '../feed-files.ts';
import { alpineFile, readAlpineSecDb } from './alpine-secdb.ts';
import { csafFile, readRedHat, readSuse } from './csaf.ts';
import { debianFile, readDebianTracker } from './debian-tracker.ts';
import { epssFile, readEpss } from './epss.ts';
import { kevFile, readKev } from './kev.ts';
import { nodeFile, readNode } from './node.ts';
import { nvdFile, readNvd } from './nvd.ts';
import { osvFile, readOsv } from './osv.ts';
import { phpFile, readPhp } from './php.ts';
import { readRubysec, rubysecFile } from './rubysec.ts';
import { readRustsec, rustsecFile } from './rustsec.ts';
import { readUpdateinfo, updateinfoFile } from './updateinfo.ts';

export type Importer = {
  wants: (name: string) => boolean;
  read: (file: FeedFile, into: Collector, licence: string) => void;
  licence: string;
};

const osv = (licence: string): Importer => ({ wants: osvFile, read: readOsv, licence });
const secdb = (licence: string): Importer => ({ wants: alpineFile, read: readAlpineSecDb, licence });

export const IMPORTERS = {
  osv: osv('CC-BY-4.0 (see the source of each ecosystem)'),
  ubuntu: osv('CC-BY-SA-4.0, Canonical'),
  almalinux: osv('MIT, AlmaLinux OS Foundation'),
  rocky: osv('BSD-3-Clause, Rocky Enterprise Software Foundation'),
  debian: { wants: debianFile, read: readDebianTracker, licence: 'Debian security tracker, MIT' },
  alpine: secdb('Alpine Linux security database, CC-BY-SA'),
  wolfi: secdb('Wolfi security database, Apache-2.0'),
  redhat: { wants: csafFile, read: readRedHat, licence: 'CC-BY-4.0, Red Hat' },
  suse: { wants: csafFile, read: readSuse, licence: 'CC-BY-4.0, SUSE' },
  amazon: { wants: updateinfoFile, read: readUpdateinfo, licence: 'Amazon Linux Security Center' },
  rustsec: { wants: rustsecFile, read: readRustsec, licence: 'CC0-1.0, CC-BY-4.0 where marked' },
  rubysec: { wants: rubysecFile, read: readRubysec, licence: 'public domain, RubySec' },
  php: { wants: phpFile, read: readPhp, licence: 'Unlicense, FriendsOfPHP' },
  node: { wants: nodeFile, read: readNode, licence: 'MIT, Node.js Foundation' },
  nvd: { wants: nvdFile, read: readNvd, licence: 'NVD, public domain; not endorsed or certified by the NVD' },
  kev: { wants: kevFile, read: readKev, licence: 'CC0-1.0' },
  epss: { wants: epssFile, read: readEpss, licence: 'EPSS, FIRST.org: free to use with attribution' },
} as const satisfies Record<string, Importer>;

export type FeedSource = keyof typeof IMPORTERS;
export const FEED_SOURCES = Object.keys(IMPORTERS) as FeedSource[];
