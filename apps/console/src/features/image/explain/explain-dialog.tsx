/** The whole way to the decision: what was compared, who excepted it, what has changed since, what one can do. */
import type { Explanation, ImageStatus } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { imageName } from '../../../format/reference.ts';
import { Command } from '../../../ui/copyable.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Answered } from '../../../ui/states.tsx';
import { sentenceOf } from '../sentence.ts';
import { useExplanation } from '../use-image.ts';
import { ExplainedReasons } from './explained-reasons.tsx';
import { History } from './history.tsx';
import { Inputs } from './inputs.tsx';
import { NextSteps } from './next-steps.tsx';
import { PoliciesAsked } from './policies-asked.tsx';
import './explain.css';

export function ExplainDialog({ image, onClose }: { image: ImageStatus; onClose: () => void }) {
  const { explain, image: text, words } = useText();
  const format = useFormat();
  const name = imageName(image.account, image.repository, image.reference);
  return (
    <Dialog side="wide" title={explain.title(name)} onClose={onClose}>
      <p>{sentenceOf(image, text, format)}</p>
      <Command label={words.sameInTerminal} text={`pratique explain ${name}`} />
      <Answered query={useExplanation(image)} what={explain.open}>
        {(found) => <Parts found={found} />}
      </Answered>
    </Dialog>
  );
}

function Parts({ found }: { found: Explanation }) {
  return (
    <div className="explanation">
      <ExplainedReasons account={found.account} reasons={found.reasons} />
      <NextSteps steps={found.next} />
      <PoliciesAsked account={found.account} policies={found.policies} />
      <Inputs inputs={found.inputs} />
      <History history={found.history} />
    </div>
  );
}
