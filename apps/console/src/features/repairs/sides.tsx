/** The original and what became of it, side by side: verdict, findings, packages. */
import type { ImageStatus, Repair } from '@pratique/contract';
import type { ReactNode } from 'react';
import { useText } from '../../catalogue/use-text.ts';
import { shortDigest } from '../../format/digest.ts';
import { useFormat } from '../../format/format.ts';
import { DigestText } from '../../ui/copyable.tsx';
import { Section } from '../../ui/page.tsx';
import { SeverityTally } from '../../ui/severity.tsx';
import { Answered } from '../../ui/states.tsx';
import { VerdictMark } from '../../ui/verdict-mark.tsx';
import { ImageMention } from '../image/image-mention.tsx';
import { sentenceOf } from '../image/sentence.ts';
import { standingOfImage } from '../image/standing.ts';
import { useImage } from '../image/use-image.ts';

export function Sides({ account, repair }: { account: string; repair: Repair }) {
  const { repairs } = useText();
  const { repository, digest, tag, repaired, repairedTag } = repair;
  return (
    <Section title={repairs.sides}>
      <div className="sides">
        <Side title={repairs.original}>
          <OfImage account={account} repository={repository} digest={digest} tag={tag} />
        </Side>
        <Side title={repairs.repaired}>
          {repaired === null ? (
            <p className="quiet">{repair.finishedAt === null ? repairs.notKnownYet : repairs.noSuch}</p>
          ) : repair.mode === 'preview' ? (
            <p>
              {repairs.notStored} <DigestText digest={repaired} />
            </p>
          ) : (
            <OfImage account={account} repository={repository} digest={repaired} tag={repairedTag} />
          )}
        </Side>
      </div>
    </Section>
  );
}

function Side({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

type Named = { account: string; repository: string; digest: string; tag: string | null };

function OfImage({ account, repository, digest, tag }: Named) {
  const { words } = useText();
  return (
    <>
      <p>
        <ImageMention
          account={account}
          repository={repository}
          reference={digest}
          label={tag === null ? `${repository}@${shortDigest(digest)}` : `${repository}:${tag}`}
        />
      </p>
      <Answered query={useImage(account, repository, digest)} what={words.image}>
        {(image) => <Facts image={image} />}
      </Answered>
    </>
  );
}

function Facts({ image }: { image: ImageStatus }) {
  const { image: text, images, words } = useText();
  const format = useFormat();
  return (
    <>
      <p>
        <VerdictMark standing={standingOfImage(image)} />
      </p>
      <p>{sentenceOf(image, text, format)}</p>
      <dl className="facts">
        <dt>{words.digest}</dt>
        <dd>
          <DigestText digest={image.digest} />
        </dd>
        <dt>{images.findings}</dt>
        <dd>
          <SeverityTally counts={image.findings} />
        </dd>
        <dt>{images.packages}</dt>
        <dd>{image.inventory ? format.number(image.inventory.packages) : words.notExamined}</dd>
        <dt>{words.size}</dt>
        <dd>{format.bytes(image.size)}</dd>
        <dt>{text.layers}</dt>
        <dd>{format.number(image.layers.length)}</dd>
      </dl>
    </>
  );
}
