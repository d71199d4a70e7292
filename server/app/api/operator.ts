import { type GuardSettings, ManagementGuard } from '../http/index.ts';
import type { Identify } from './registration.ts';

/** Knows the operator alone: whoever may manage this server. Everybody else is nobody. */
export function identifyOperator(settings: GuardSettings): Identify {
  const guard = new ManagementGuard(settings);
  const isLocal = settings.token === undefined || settings.token === '';
  return async ({ socket, headers }) =>
    guard.check({ remoteAddress: socket.remoteAddress, headers }) ??
    (isLocal ? { kind: 'operator', isLocal } : { kind: 'operator' });
}
