/** Keeps the listener's certificate fresh: renewed well before its end, tried again until it is. */
import { X509Certificate } from 'node:crypto';

const SOONEST_MS = 250;
/** How often it is asked whether there is another reason for a new one. */
const CHECK_MS = 2000;
/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

export type Served = { certificatePem: string; keyPem: string };

/**
 * Issues the first certificate, and from then on a new one once a third of its life has passed, which leaves two thirds
 * for trying again. New connections get the new one; those that are open go on.
 * @param apply gives a certificate to the listener; not called for the first
 */
export async function keepCertificate<T extends Served>(options: {
  issue: () => Promise<T>;
  apply: (fresh: T) => void;
  /** Another reason than age: the authority was rotated. */
  isStale?: (current: T) => Promise<boolean>;
  onError: (error: unknown) => void;
}): Promise<{ first: T; current: () => T; stop: () => void }> {
  const first = await options.issue();
  let current = first;
  let timer: NodeJS.Timeout;
  let failures = 0;
  const schedule = () => {
    timer = setTimeout(renew, failures === 0 ? renewalDelay(current.certificatePem) : retryDelay(failures));
    timer.unref();
  };
  const renew = () => {
    options.issue().then(
      (fresh) => {
        failures = 0;
        current = fresh;
        options.apply(fresh);
        schedule();
      },
      (error: unknown) => {
        failures++;
        options.onError(error);
        schedule();
      },
    );
  };
  let checking = false;
  const check = async () => {
    if (checking) return;
    checking = true;
    try {
      if (!(await options.isStale?.(current))) return;
      clearTimeout(timer);
      renew();
    } catch (error) {
      options.onError(error);
    } finally {
      checking = false;
    }
  };
  schedule();
  const checks = setInterval(() => void check(), CHECK_MS);
  checks.unref();
  const stop = () => {
    clearTimeout(timer);
    clearInterval(checks);
  };
  return { first, current: () => current, stop };
}

/** Milliseconds until a third of what is left of the certificate's life has passed. */
function renewalDelay(pem: string): number {
  const left = Date.parse(new X509Certificate(pem).validTo) - Date.now();
  return Math.min(Math.max(left / 3, SOONEST_MS), LONGEST_MS);
}

const retryDelay = (failures: number): number => Math.min(1000 * 2 ** Math.min(failures, 12), 3_600_000);
