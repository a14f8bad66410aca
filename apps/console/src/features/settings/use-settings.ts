/** Robots, members, keys and the audit log of an account. */
import { AuditEntry, Member, NewRobotAnswer, Robot, type Role, SigningKey } from '@pratique/contract';
import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';
import { z } from 'zod';
import { Nothing, queryOf, request } from '../../api/request.ts';
import { useChange, within } from '../../api/use-change.ts';

export function useRobots(account: string): UseQueryResult<Robot[]> {
  return useQuery({
    queryKey: [account, 'robots'],
    queryFn: ({ signal }) => request(z.array(Robot), within(account, 'robots'), { signal }),
  });
}

export type RobotAsked = { name: string; role: string; repositories: string[]; days: number };

export function useCreateRobot(account: string) {
  return useChange(account, (body: RobotAsked) =>
    request(NewRobotAnswer, within(account, 'robots'), { method: 'POST', body }),
  );
}

export function useRevokeRobot(account: string, robot: string) {
  return useChange(account, () => request(Nothing, within(account, 'robots', robot), { method: 'DELETE' }));
}

export function useMembers(account: string): UseQueryResult<Member[]> {
  return useQuery({
    queryKey: [account, 'members'],
    queryFn: ({ signal }) => request(z.array(Member), within(account, 'members'), { signal }),
  });
}

export function useSetMember(account: string) {
  return useChange(account, ({ name, role }: { name: string; role: Role }) =>
    request(Member, within(account, 'members', name), { method: 'PUT', body: { role } }),
  );
}

export function useRemoveMember(account: string, name: string) {
  return useChange(account, () => request(Nothing, within(account, 'members', name), { method: 'DELETE' }));
}

export function useKeys(account: string): UseQueryResult<SigningKey[]> {
  return useQuery({
    queryKey: [account, 'keys'],
    queryFn: ({ signal }) => request(z.array(SigningKey), within(account, 'keys'), { signal }),
  });
}

export function useRotateKey(account: string) {
  return useChange(account, () =>
    request(z.array(SigningKey), within(account, 'keys', 'rotation'), { method: 'POST' }),
  );
}

const AUDIT_PAGE = 200;

/** Newest first; older entries a page at a time. */
export function useAudit(account: string): UseInfiniteQueryResult<InfiniteData<AuditEntry[]>> {
  return useInfiniteQuery({
    queryKey: [account, 'audit'],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ signal, pageParam }) =>
      request(z.array(AuditEntry), `${within(account, 'audit')}${queryOf({ before: pageParam, limit: AUDIT_PAGE })}`, {
        signal,
      }),
    getNextPageParam: (last: AuditEntry[]) => (last.length < AUDIT_PAGE ? undefined : last.at(-1)?.id),
  });
}
