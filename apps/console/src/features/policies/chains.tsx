/** The chains of the account, as they are defined. */
import type { ChainVersion } from '@pratique/contract';
import { useText } from '../../catalogue/use-text.ts';
import { useAccount } from '../../shell/session.ts';
import { Command } from '../../ui/copyable.tsx';
import { Moment } from '../../ui/moment.tsx';
import { Section } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { useChains } from '../image/route/use-chains.ts';

export function Chains() {
  const { policies } = useText();
  const { account } = useAccount();
  return (
    <Answered query={useChains(account)} what={policies.chains}>
      {(chains) => chains.map((chain) => <Chain key={chain.name} account={account} chain={chain} />)}
    </Answered>
  );
}

function Chain({ account, chain }: { account: string; chain: ChainVersion }) {
  const { policies, words } = useText();
  return (
    <Section
      title={policies.chainOf(chain.name, String(chain.version))}
      aside={
        <span className="quiet">
          {chain.definition.repositories.join(', ')} · {policies.chainBy(chain.createdBy)} ·{' '}
          <Moment at={chain.createdAt} />
        </span>
      }
    >
      <table className="chain">
        <thead>
          <tr>
            {[policies.step, words.kind, policies.needs, policies.onDeny, policies.with].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chain.definition.steps.map((step) => (
            <tr key={step.name}>
              <td>{step.name}</td>
              <td>{step.kind}</td>
              <td>{step.needs.join(', ')}</td>
              <td>{step.on_deny.join(', ')}</td>
              <td>{Object.keys(step.with).length > 0 && <code>{JSON.stringify(step.with)}</code>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Command label={words.sameInTerminal} text={`pratique chain show ${account} ${chain.name}`} />
    </Section>
  );
}
