/** pratique copy, push, pull: one graph from one place to another, with everything that refers to it. */
import type { CopyProof } from '@pratique/oci';
import type { Command } from 'commander';
import { type Context, writeResult } from '../context.ts';
import { formatBytes } from '../text.ts';

type Options = { json?: boolean; referrers: boolean; platform?: string };

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
      .option(
        '--platform <os/arch>',
        'only this image of an index; for docker-archive linux/amd64 unless said otherwise',
      )
      .option('--json', 'print JSON')
      .addHelpText('after', `${places}\nExample:\n  ${example}\n`)
      .action(async (source: string, destination: string, options: Options) => {
        const proof = await copyImage(context, source, destination, options.referrers, options.platform);
        writeResult(context, options.json, proof, (p) => describe(p, destination));
      });
}

function describe(proof: CopyProof, destination: string): string {
  const { root, manifests, blobs, bytes, copiedBlobs } = proof;
  // Docker's own form keeps layers uncompressed and no manifest: read again, the image has another digest.
  if (destination.startsWith('docker-archive:'))
    return `${root}\n${blobs} blobs (${formatBytes(bytes)}) are stored uncompressed, as docker load reads them.`;
  return `${root}\n${manifests} manifests and ${blobs} blobs (${formatBytes(bytes)}) are the same on both sides; ${copiedBlobs} blobs had to be sent.`;
}

/** @param platform chooses one image of an index; without it all are copied, where the destination can hold them */
export async function copyImage(
  context: Context,
  from: string,
  to: string,
  referrers: boolean,
  platform?: string,
): Promise<CopyProof> {
  const [{ copyGraph }, { openSink, openSource }, { DEFAULT_PLATFORM, imageFor }] = await Promise.all([
    import('@pratique/oci'),
    import('../place.ts'),
    import('../platform.ts'),
  ]);
  const source = await openSource(context, from);
  try {
    const sink = await openSink(context, to);
    try {
      const chosen = platform ?? (sink.single ? DEFAULT_PLATFORM : undefined);
      const reference =
        chosen === undefined ? source.reference : (await imageFor(source.source, source.reference, chosen)).digest;
      const proof = await copyGraph(source.source, sink.sink, reference, {
        // An archive without a name of its own keeps the one that the image has.
        tag: sink.tag ?? source.name,
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
      await sink.close();
    }
  } finally {
    context.progress.end();
    await source.close();
  }
}
