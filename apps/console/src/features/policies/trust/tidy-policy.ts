/** A trust policy as its author would have written it: what says nothing is left out. */
import type { TrustPolicy, TrustPolicyInput } from '@pratique/contract';

export function tidyPolicy(policy: TrustPolicy): TrustPolicyInput {
  const { version, name, keys, trustedRoots, rules, mirrors } = policy;
  return {
    version,
    name,
    ...(isEmpty(keys) ? {} : { keys }),
    ...(isEmpty(trustedRoots) ? {} : { trustedRoots }),
    rules: rules.map(({ name: called, images, except, predicates, ...rest }) => ({
      name: called,
      images,
      ...(except.length === 0 ? {} : { except }),
      ...rest,
      ...(predicates.length === 0 ? {} : { predicates }),
    })),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  };
}

const isEmpty = (record: object): boolean => Object.keys(record).length === 0;
