/** Why somebody known may not do something, in words that say what would help. */
import { type Action, type Principal, ruleOf } from '../../account/index.ts';

/** Why `principal` is forbidden an action that `mayDo` says it may not do. */
export function whyForbidden(principal: Principal, action: Action): string {
  const { any, own, scopes, isPersonal } = ruleOf(action);
  if (principal.kind === 'anonymous' || principal.kind === 'operator') {
    return 'it is about the own account of whoever signed in';
  }
  if (principal.kind === 'token') {
    if (isPersonal) return 'no token may; sign in and do it on the page';
    const wanted = scopes.length === 0 ? ['admin'] : scopes;
    const isWithin = ['admin', ...wanted].some((each) => principal.scopes.some((s) => s === each));
    if (!isWithin) return `the token lacks the scope ${wanted.join(' or ')}`;
  }
  const roles = [...any, ...own];
  if (roles.includes(principal.role)) return 'it is somebody else’s';
  return `your role is ${principal.role}, and it takes ${roles.join(' or ')}`;
}
