/** Chinese: steps that wait for a person's word. */
import type { Catalogue } from '../catalogue.ts';

export const approvals: Catalogue['approvals'] = {
  given: (given, needed) => `已批准 ${given}，共需 ${needed}`,
  who: '可答复者',
  anyMaintainer: '维护者和所有者',
  role: (role) => `所有具有${role}角色的人`,
  needed: '批准数',
  askedBy: (who) => `由 ${who} 发起`,
  ends: '截止',
  endsIn: '截止于',
  refusedThen: '届时未答复即视为拒绝',
  noEnd: '一直等到有人答复',
  answers: '答复',
  noAnswers: '尚无人答复。',
  approved: (who) => `${who} 已批准`,
  rejected: (who) => `${who} 已拒绝`,
  decide: '批准或拒绝',
  decideOn: (image, step) => `批准或拒绝：${image} 的 ${step}`,
  refused: {
    asked: '此次运行由您发起，须由他人决定。',
    answered: '您已批准；还需要其他人。',
    'not-approver': (who) => `由其他人决定：${who}。`,
  },
};
