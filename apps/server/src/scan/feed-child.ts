/** Imports one feed into the advisory store: `feed-child.ts DIR SOURCE FILE`. */
import { type FeedSource, importAdvisories } from '@pratique/scan';

const [dir = '', source = '', file = ''] = process.argv.slice(2);
try {
  await importAdvisories(dir, source as FeedSource, file, { date: new Date().toISOString() });
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
