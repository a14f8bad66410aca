/** The cargo: what was found, what is inside, how it runs, where it went, where it was let in. */
import type { ImageStatus } from '@pratique/contract';
import { lazy, Suspense } from 'react';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { Section, Tabs, useShown } from '../../../ui/page.tsx';
import { SEVERITIES } from '../../../ui/severity.tsx';
import { SkeletonRows } from '../../../ui/states.tsx';
import { useTableState } from '../../../ui/use-table-state.ts';
import { useContents } from '../contents/use-contents.ts';
import { Unexamined } from './unexamined.tsx';

const PARTS = {
  findings: lazy(async () => ({ default: (await import('./findings.tsx')).Findings })),
  packages: lazy(async () => ({ default: (await import('./packages.tsx')).Packages })),
  secrets: lazy(async () => ({ default: (await import('../contents/secrets.tsx')).Secrets })),
  malware: lazy(async () => ({ default: (await import('../contents/malware.tsx')).Malware })),
  baseline: lazy(async () => ({ default: (await import('../contents/baseline.tsx')).Baseline })),
  configuration: lazy(async () => ({ default: (await import('./configuration.tsx')).Configuration })),
  deliveries: lazy(async () => ({ default: (await import('./deliveries.tsx')).Deliveries })),
  admissions: lazy(async () => ({ default: (await import('./admissions.tsx')).Admissions })),
  running: lazy(async () => ({ default: (await import('./running.tsx')).Running })),
  runs: lazy(async () => ({ default: (await import('./runs.tsx')).Runs })),
  repairs: lazy(async () => ({ default: (await import('../../repairs/image-repairs.tsx')).ImageRepairs })),
  fleet: lazy(async () => ({ default: (await import('../../repairs/fleet.tsx')).Fleet })),
} as const;
const KEPT = ['repository', 'reference', 'step', 'platform'];

export function Cargo({ image }: { image: ImageStatus }) {
  const { image: text, contents, repairs } = useText();
  const { number } = useFormat();
  const { data } = useContents(image, useTableState().param('platform'));
  const counts = data?.counts ?? undefined;
  const { findings } = image;
  const tabs = [
    {
      id: 'findings',
      label: text.findings,
      count: findings ? number(SEVERITIES.reduce((sum, severity) => sum + findings[severity], 0)) : undefined,
    },
    { id: 'packages', label: text.packages, count: image.inventory ? number(image.inventory.packages) : undefined },
    { id: 'secrets', label: contents.secrets, count: counts && number(counts.secrets) },
    { id: 'malware', label: contents.malware, count: counts && number(counts.malware) },
    { id: 'baseline', label: contents.baseline, count: counts && number(counts.failedChecks) },
    { id: 'configuration', label: text.configuration },
    { id: 'deliveries', label: text.deliveries, count: number(image.deliveries.length) },
    { id: 'admissions', label: text.admissions, count: number(image.admissions.length) },
    { id: 'running', label: text.running, count: number(image.runningIn.length) },
    { id: 'runs', label: text.runs },
    { id: 'repairs', label: repairs.tab },
    { id: 'fleet', label: repairs.fleet },
  ] as const;
  const shown = useShown(tabs) as keyof typeof PARTS;
  const Part = PARTS[shown];
  return (
    <Section title={text.cargo}>
      <Unexamined image={image} />
      <Tabs tabs={tabs} label={text.cargo} keep={KEPT} />
      <Suspense fallback={<SkeletonRows />}>
        <Part image={image} />
      </Suspense>
    </Section>
  );
}
