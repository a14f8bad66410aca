/** The few numbers that matter, each a link to its rows, each with what it is compared with. */
import type { Overview } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useFormat } from '../../format/format.ts';
import { paths } from '../../format/paths.ts';
import { NumberList } from '../../ui/number-list.tsx';

export function Numbers({ seen }: { seen: Overview }) {
  const { overview } = useText();
  const format = useFormat();
  const { account, changes, health } = seen;
  const admissions = changes.admissionsAllowed + changes.admissionsDenied;
  const numbers = [
    {
      to: paths.images(account),
      value: seen.images,
      label: overview.images,
      beside: overview.pushes(format.number(changes.pushes)),
    },
    {
      to: paths.images(account, { verdict: 'allowed' }),
      value: seen.allowed,
      label: overview.allowed,
      beside: overview.decided(format.number(changes.allowed)),
    },
    {
      to: paths.images(account, { verdict: 'refused' }),
      value: seen.denied,
      label: overview.refused,
      beside: overview.decided(format.number(changes.denied)),
    },
    {
      to: paths.images(account, { verdict: 'pending' }),
      value: seen.undecided,
      label: overview.undecided,
      beside: overview.waitingSteps(format.number(health.queue.waiting)),
    },
    {
      to: paths.workloads(account, { decision: 'denied' }),
      value: changes.admissionsDenied,
      label: overview.admissions,
      beside: overview.ofAdmissions(format.number(admissions)),
    },
  ].map((number) => ({ ...number, value: format.number(number.value) }));
  return <NumberList label={overview.numbers} numbers={numbers} />;
}
