/** For each rule: whether it holds, whose signatures were needed, and why each one counted or did not. */
import type { TrustRuleResult } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { shortDigest } from '../../../format/digest.ts';
import { useFormat } from '../../../format/format.ts';
import { StepSign } from '../../../ui/step-mark.tsx';

type Requirement = TrustRuleResult['requirements'][number];
type Authority = Requirement['authorities'][number];

export function RuleResults({ rules }: { rules: readonly TrustRuleResult[] }) {
  const { trust } = useText();
  return (
    <ul className="rule-results">
      {rules.map((rule) => (
        <li key={rule.rule}>
          <p className="step-mark">
            <StepSign state={rule.satisfied ? 'succeeded' : 'denied'} />
            <strong>{trust.rule(rule.rule)}</strong> {rule.satisfied ? trust.holds : trust.fails}
          </p>
          {rule.reasons.map((reason) => (
            <p key={reason}>{reason}</p>
          ))}
          {rule.requirements.map((requirement) => (
            <RequirementResult key={requirement.predicateType ?? ''} requirement={requirement} />
          ))}
        </li>
      ))}
    </ul>
  );
}

function RequirementResult({ requirement }: { requirement: Requirement }) {
  const { trust } = useText();
  const { number } = useFormat();
  const { predicateType, counted, needed } = requirement;
  return (
    <>
      <p>
        {predicateType === null
          ? trust.signatures(number(counted), number(needed))
          : trust.attestations(predicateType, number(counted), number(needed))}
      </p>
      <ul className="authorities">
        {requirement.authorities.map((authority) => (
          <AuthorityResult key={authority.authority} authority={authority} />
        ))}
      </ul>
    </>
  );
}

function AuthorityResult({ authority }: { authority: Authority }) {
  const { trust } = useText();
  return (
    <li>
      <p className="step-mark">
        <StepSign state={authority.satisfied ? 'succeeded' : 'skipped'} />
        {authority.authority}
      </p>
      {authority.looked.length === 0 && <small>{trust.nothingFound}</small>}
      {authority.looked.map((one, index) => (
        <small key={index}>
          <code title={one.manifest}>{shortDigest(one.manifest)}</code> {one.form}
          {one.signer && `, ${one.signer}`}: {one.reason ?? trust.counts}
        </small>
      ))}
    </li>
  );
}
