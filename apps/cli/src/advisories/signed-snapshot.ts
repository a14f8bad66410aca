/** Reads the advisories that an instance has published, and believes them only when its key has signed them. */
import { type ContentSource, type Descriptor, ImageManifest, parseManifest, verifyStream } from '@pratique/oci';
import {
  ADVISORIES_PREDICATE_TYPE,
  ADVISORIES_TYPE,
  AdvisoriesPredicate,
  KEY_ANNOTATION,
  SHARD_ANNOTATION,
  SHARD_TYPE,
  SNAPSHOT_TYPE,
} from '@pratique/scan/advisories/artifact';
import {
  BUNDLE_MEDIA_TYPE,
  IN_TOTO,
  type PublicKey,
  parseStatement,
  readBundle,
  readPublicKey,
  requireSubject,
  verifyEnvelope,
} from '@pratique/sign';
import { CliError, EXIT } from '../exit.ts';

export type SignedSnapshot = {
  digest: string;
  bytes: Buffer;
  serial: number;
  date: string;
  key: PublicKey;
  /** The packed form of a shard. */
  shard: (digest: string) => Promise<Buffer>;
};

const MAX_SNAPSHOT = 64 * 1024 * 1024;
const MAX_BUNDLE = 1024 * 1024;
const MAX_SHARD = 1024 * 1024 * 1024;

/**
 * @param keyPem the key that must have signed; null takes the one that comes with it, for a first meeting
 * @throws CliError fault for what is no such artifact; SignError for what the key has not signed; OciError
 */
export async function readSignedSnapshot(
  source: ContentSource,
  reference: string,
  keyPem: string | null,
): Promise<SignedSnapshot> {
  const raw = await source.manifest(reference);
  const parsed = parseManifest(raw.bytes, raw.mediaType);
  const manifest = parsed.kind === 'image' ? ImageManifest.parse(parsed.manifest) : null;
  const bundle = manifest?.layers.find((layer) => layer.mediaType === BUNDLE_MEDIA_TYPE);
  if (manifest?.artifactType !== ADVISORIES_TYPE || manifest.config.mediaType !== SNAPSHOT_TYPE || !bundle)
    throw new CliError(EXIT.fault, `${reference || 'what is there'} holds no advisories`);
  const pem = keyPem ?? manifest.annotations?.[KEY_ANNOTATION];
  if (pem === undefined) throw new CliError(EXIT.fault, 'the advisories come without a key; name it with --key');
  const key = readPublicKey(pem);
  const said = verify(await readBlob(source, bundle, MAX_BUNDLE), key, manifest.config.digest);
  const bytes = await readBlob(source, manifest.config, MAX_SNAPSHOT);
  const layers = new Map(
    manifest.layers.flatMap((layer) => {
      const shard = layer.mediaType === SHARD_TYPE ? layer.annotations?.[SHARD_ANNOTATION] : undefined;
      return shard === undefined ? [] : [[shard, layer] as const];
    }),
  );
  return {
    digest: manifest.config.digest,
    bytes,
    ...said,
    key,
    shard: async (digest) => {
      const layer = layers.get(digest);
      if (!layer) throw new CliError(EXIT.fault, `the advisories do not bring the shard ${digest}`);
      return readBlob(source, layer, MAX_SHARD);
    },
  };
}

function verify(bundle: Buffer, key: PublicKey, digest: string): AdvisoriesPredicate {
  const { envelope, hint } = readBundle(bundle);
  const { payload } = verifyEnvelope(envelope, [key], hint ?? undefined);
  if (envelope.payloadType !== IN_TOTO) throw new CliError(EXIT.fault, 'what is signed is no statement');
  const statement = parseStatement(payload);
  requireSubject(statement, digest);
  // The same key says other things too, of images.
  if (statement.predicateType !== ADVISORIES_PREDICATE_TYPE)
    throw new CliError(EXIT.fault, 'what is signed says nothing of advisories');
  const said = AdvisoriesPredicate.safeParse(statement.predicate);
  if (!said.success) throw new CliError(EXIT.fault, 'what is signed names no serial and date');
  return said.data;
}

async function readBlob(source: ContentSource, descriptor: Descriptor, limit: number): Promise<Buffer> {
  if (descriptor.size > limit)
    throw new CliError(EXIT.fault, `${descriptor.digest} has ${descriptor.size} bytes; at most ${limit} are read`);
  const content = await source.blob(descriptor);
  const pieces: Buffer[] = [];
  for await (const piece of content.compose(verifyStream(descriptor)) as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}
