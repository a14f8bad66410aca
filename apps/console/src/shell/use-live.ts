/** Keeps what is on screen current from the account's feed of events. */
import { FeedItem } from '@pratique/contract';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** Events that change what a page shows. The feed names each; server-sent events are heard by name only. */
const TYPES = [
  ...['approval.requested', 'approval.given', 'chain.defined', 'chain.retired'],
  ...['repair.finished', 'repair.failed', 'image.repaired'],
  ...['queued', 'running', 'waiting', 'succeeded', 'failed', 'skipped', 'denied'].map((state) => `step.${state}`),
  ...[
    'run.started',
    'run.finished',
    'contents.examined',
    'verdict.decided',
    'tag.pushed',
    'tag.deleted',
    'manifest.deleted',
    'repository.created',
  ],
  ...[
    'image.signed',
    'image.attested',
    'denial.recorded',
    'delivery.sent',
    'delivery.received',
    'contract.offered',
    'contract.accepted',
  ],
  ...['requested', 'approved', 'rejected', 'withdrawn', 'ending', 'expired'].map((change) => `exception.${change}`),
  ...['break-glass.opened', 'break-glass.used', 'policy.changed', 'trust-policy.changed', 'cluster.changed'],
  ...['trusted', 'refused', 'unreachable'].map((state) => `foreign-image.${state}`),
  ...['webhook.changed', 'webhook.given-up', 'delivery.failed', 'contract.ended', 'vex.added', 'vex.withdrawn'],
  ...[
    'admission.allowed',
    'admission.denied',
    'placement.started',
    'placement.ended',
    'verdict.revoked',
    'verdict.withdrawn',
    'verdict.ending',
    'verdict.expired',
    'verdict.renewed',
    'image.revoked',
    'image.reinstated',
    'signature.withdrawn',
  ],
];

/** Many events come together; what they touch is asked for once per pause. */
const PAUSE_MS = 250;

/** @returns whether the feed is heard right now */
export function useLive(account: string): boolean {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const stream = new EventSource(`/api/v1/accounts/${encodeURIComponent(account)}/events/stream`);
    const touched = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const flush = (): void => {
      timer = null;
      refresh(client, account, touched);
      touched.clear();
    };
    const hear = (message: MessageEvent<string>): void => {
      for (const resource of touchedBy(message.type, message.data)) touched.add(resource);
      timer ??= setTimeout(flush, PAUSE_MS);
    };
    for (const type of TYPES) stream.addEventListener(type, hear);
    stream.onopen = () => setConnected(true);
    stream.onerror = () => setConnected(false);
    return () => {
      stream.close();
      if (timer) clearTimeout(timer);
    };
  }, [account, client]);
  return connected;
}

/** Resources, by the second part of their query key, that an event makes old; an image is `image:` and its digest. */
export function touchedBy(type: string, data: string): string[] {
  const [noun = ''] = type.split('.');
  if (type === 'image.repaired') return ['repairs', 'images', 'runs', 'overview', 'image'];
  switch (noun) {
    case 'exception':
    case 'break-glass':
      return ['exceptions', 'advisories', 'contents', 'overview'];
    // A repair tells what it cleared once what it made is scanned and judged.
    case 'run':
    case 'verdict':
      return ['images', 'runs', 'repairs', 'overview', ...imageOf(data)];
    case 'repair':
      return ['repairs', 'overview', ...imageOf(data)];
    case 'contents':
      return ['contents', 'images', 'overview', ...imageOf(data)];
    case 'vex':
      return ['vex', 'advisories', 'scan', 'overview', 'image'];
    case 'chain':
      return ['chains', 'overview'];
    case 'policy':
      return ['policy', 'overview'];
    case 'trust-policy':
      return ['trust', 'foreign-images', 'overview'];
    case 'foreign-image':
      return ['foreign-images', 'overview'];
    case 'webhook':
      return ['webhooks', 'overview'];
    case 'cluster':
      return ['clusters', 'placements', 'overview'];
    case 'contract':
      return ['contracts', 'overview'];
    case 'admission':
      return ['admissions', 'overview', ...imageOf(data)];
    case 'placement':
      return ['placements', 'clusters', 'overview', ...imageOf(data)];
    case 'delivery':
      return ['deliveries', 'receipts', 'overview', ...imageOf(data)];
    default:
      return ['images', 'runs', 'overview', ...imageOf(data)];
  }
}

function imageOf(data: string): string[] {
  const event = FeedItem.safeParse(JSON.parse(data));
  const digest = event.success ? event.data.data.digest : undefined;
  return typeof digest === 'string' ? [`image:${digest}`] : ['image'];
}

function refresh(client: QueryClient, account: string, touched: ReadonlySet<string>): void {
  void client.invalidateQueries({
    predicate: ({ queryKey: [owner, resource], state }) => {
      if (owner !== account || typeof resource !== 'string') return false;
      if (resource !== 'image') return touched.has(resource);
      const digest = (state.data as { digest?: string } | undefined)?.digest;
      return touched.has('image') || digest === undefined || touched.has(`image:${digest}`);
    },
  });
}
