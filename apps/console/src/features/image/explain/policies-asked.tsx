/** Which policies looked at the image, and how much each had to say. */
import type { Explanation } from '@pratique/contract';
import { Link } from 'react-router';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { paths } from '../../../format/paths.ts';
import { Section } from '../../../ui/page.tsx';

export function PoliciesAsked({ account, policies }: { account: string; policies: Explanation['policies'] }) {
  const { explain, policies: text, words } = useText();
  const { number } = useFormat();
  if (policies.length === 0) return null;
  return (
    <Section title={explain.policies}>
      <table>
        <thead>
          <tr>
            <th scope="col">{text.rule}</th>
            <th scope="col">{text.action}</th>
            <th scope="col">{explain.said}</th>
          </tr>
        </thead>
        <tbody>
          {policies.map((policy) => (
            <tr key={policy.constraint}>
              <td>
                <Link to={paths.policies(account, { rule: policy.constraint })}>{policy.constraint}</Link>
              </td>
              <td>{(words.actions as Record<string, string>)[policy.action] ?? policy.action}</td>
              <td>{policy.violations === 0 ? explain.saidNothing : explain.saidTimes(number(policy.violations))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
