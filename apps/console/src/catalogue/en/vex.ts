/** English: VEX documents, and what they state. */
export const vex = {
  statuses: {
    not_affected: 'not affected',
    affected: 'affected',
    fixed: 'fixed',
    under_investigation: 'under investigation',
  },
  justifications: {
    component_not_present: 'The component is not there',
    vulnerable_code_not_present: 'The vulnerable code is not there',
    vulnerable_code_not_in_execute_path: 'The vulnerable code is never run',
    vulnerable_code_cannot_be_controlled_by_adversary: 'An attacker cannot control the vulnerable code',
    inline_mitigations_already_exist: 'What prevents the attack is built in',
    code_not_present: 'The vulnerable code is not there',
    code_not_reachable: 'The vulnerable code is never run',
    requires_configuration: 'It needs a configuration that is not used',
    requires_dependency: 'It needs a dependency that is not there',
    requires_environment: 'It needs another environment',
    protected_by_compiler: 'How it was compiled prevents the attack',
    protected_at_runtime: 'It is protected while it runs',
    protected_at_perimeter: 'It is protected at the perimeter',
    protected_by_mitigating_control: 'Another control prevents the attack',
  },
  noJustification: 'No reason is given',
  noAuthor: 'no author named',
};
