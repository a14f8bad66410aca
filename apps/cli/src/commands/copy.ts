/** pratique copy, push, pull: one graph from one place to another, with everything that refers to it. */
import { type CopyProof, copyGraph } from '@pratique/oci';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { openSink, openSource } from '../place.ts';
import { formatBytes } from '../text.ts';

type Options = { json?: boolean; referrers: boolean };

export function addCopy(program: Command, context: Context): void {
  const places =
    '\nPlaces: oci:DIR[:TAG], docker-archive:FILE, or [HOST/]ACCOUNT/NAME[:tag|@digest] (without HOST, the server)\n';
  for (const [name, description, example] of [
    ['copy', 'copy an image from one place to another', 'pratique copy registry.example/team/app:1 vendor/app:1'],
    ['push', 'push an image from a file or folder to the server', 'pratique push oci:./image:1 vendor/app:1'],
    [
      'pull',
      'pull an image from the server into a file or folder',
      'pratique pull vendor/app:1 docker-archive:app.tar',
    ],
  ] as const)
    program
      .command(name)
      .argument('<source>')
      .argument('<destination>')
      .description(description)
      .option('--no-referrers', 'leave signatures, attestations and SBOMs behind')
      .option('--json', 'print JSON')
      .addHelpText('after', `${places}\nExample:\n  ${example}\n`)
      .action(async (source: string, destination: string, options: Options) => {
        const proof = await copyImage(context, source, destination, options.referrers);
        writeResult(
          context,
          options.json,
          proof,
          (p) =>
            `${p.root}\n${p.manifests} manifests and ${p.blobs} blobs (${formatBytes(p.bytes)}) are the same on both sides; ${p.copiedBlobs} blobs had to be sent.`,
        );
      });
}

export async function copyImage(context: Context, from: string, to: string, referrers: boolean): Promise<CopyProof> {
  const source = await openSource(context, from);
  try {
    const sink = await openSink(context, to);
    const proof = await copyGraph(source.source, sink.sink, source.reference, {
      tag: sink.tag,
      referrers,
      onProgress: ({ phase, bytes, totalBytes }) =>
        context.progress.update(
          phase === 'transfer' ? `${formatBytes(bytes)} of ${formatBytes(totalBytes)}` : phase,
          bytes,
          totalBytes,
        ),
    });
    await sink.finish();
    return proof;
  } finally {
    context.progress.end();
    await source.close();
  }
}
