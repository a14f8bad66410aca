/** Chinese: VEX documents, and what they state. */
import type { Catalogue } from '../catalogue.ts';

export const vex: Catalogue['vex'] = {
  statuses: { not_affected: '不受影响', affected: '受影响', fixed: '已修复', under_investigation: '调查中' },
  justifications: {
    component_not_present: '该组件不存在',
    vulnerable_code_not_present: '有漏洞的代码不存在',
    vulnerable_code_not_in_execute_path: '有漏洞的代码从不运行',
    vulnerable_code_cannot_be_controlled_by_adversary: '攻击者无法控制有漏洞的代码',
    inline_mitigations_already_exist: '已内置阻止攻击的措施',
    code_not_present: '有漏洞的代码不存在',
    code_not_reachable: '有漏洞的代码从不运行',
    requires_configuration: '需要未使用的配置',
    requires_dependency: '需要不存在的依赖',
    requires_environment: '需要另一种环境',
    protected_by_compiler: '编译方式阻止了攻击',
    protected_at_runtime: '运行时受到保护',
    protected_at_perimeter: '在边界受到保护',
    protected_by_mitigating_control: '另有控制措施阻止攻击',
  },
  noJustification: '未说明理由',
  noAuthor: '未注明作者',
};
