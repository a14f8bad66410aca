export * from './canonical.ts';
export * from './chain.ts';
export * from './digest.ts';
export * from './finding.ts';
export * from './package.ts';
export * from './policy.ts';
export * from './role.ts';
export * from './verdict.ts';
