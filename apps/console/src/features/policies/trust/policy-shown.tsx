/** The policy in force, or an earlier version of it, as YAML. */
import type { TrustPolicyInfo } from '@pratique/contract';
import { lazy, Suspense, useState } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useAccount } from '../../../shell/session.ts';
import { Button } from '../../../ui/button.tsx';
import { Choice } from '../../../ui/choice.tsx';
import { Command, DigestText } from '../../../ui/copyable.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { Section } from '../../../ui/page.tsx';
import { Answered, Empty } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { tidyPolicy } from './tidy-policy.ts';
import { useTrustPolicy, useTrustVersions } from './use-trust.ts';
import { writeYaml } from './write-yaml.ts';

const PolicyEditor = lazy(async () => ({ default: (await import('./policy-editor.tsx')).PolicyEditor }));

export function PolicyShown() {
  const { trust } = useText();
  const { account } = useAccount();
  const asked = Number(useTableState().param('version'));
  const version = Number.isInteger(asked) && asked > 0 ? asked : undefined;
  return (
    <Section title={trust.policy} aside={<Versions />}>
      <Answered query={useTrustPolicy(account, version)} what={trust.policy}>
        {(info) => <Shown info={info} />}
      </Answered>
    </Section>
  );
}

function Versions() {
  const { trust } = useText();
  const { account } = useAccount();
  const { data: versions = [] } = useTrustVersions(account);
  if (versions.length < 2) return null;
  const [newest, ...older] = versions.toSorted((a, b) => b.version - a.version);
  return (
    <Choice
      name="version"
      label={trust.version}
      options={[
        ['', trust.versionNow(String(newest?.version))],
        ...older.map((one) => [String(one.version), trust.versionIs(String(one.version))] as const),
      ]}
    />
  );
}

function Shown({ info }: { info: TrustPolicyInfo }) {
  const { trust, words } = useText();
  const { account, may } = useAccount();
  const [editing, setEditing] = useState(false);
  const text = info.policy ? writeYaml(tidyPolicy(info.policy)) : '';
  return (
    <>
      {info.policy ? (
        <>
          <p className="above-table bundle">
            <span>
              {trust.versionIs(String(info.version))} · <DigestText digest={info.digest} /> ·{' '}
              {trust.setBy(info.createdBy)} · <Moment at={info.createdAt} />
            </span>
            {may('maintainer') && <Button onClick={() => setEditing(true)}>{trust.change}</Button>}
          </p>
          <pre className="policy-text" tabIndex={0} role="group" aria-label={trust.text}>
            {text}
          </pre>
          <Command label={words.sameInTerminal} text={`pratique trust show ${account}`} />
        </>
      ) : (
        <Empty
          title={trust.none}
          hint={trust.noneHint}
          command={`pratique trust example > trust.yaml\npratique trust set ${account} trust.yaml`}
        >
          {may('maintainer') && (
            <p>
              <Button onClick={() => setEditing(true)}>{trust.set}</Button>
            </p>
          )}
        </Empty>
      )}
      {editing && (
        <Suspense fallback={null}>
          <PolicyEditor version={info.version} text={text} onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </>
  );
}
