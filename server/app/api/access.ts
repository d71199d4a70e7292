import type { ErrorCode, Refusal } from '../../../contract/index.ts';
import { type Action, mayDo, type Principal, type Verdict } from '../../account/index.ts';
import { whyForbidden } from './access-words.ts';

/** What `access` may name as the object of a route: the one whose id is in its path. */
export type ObjectKind = 'stream' | 'webhook';

/**
 * Who may call a route: everybody, or those who may do an action, to the object in the path when
 * one is named. There is no default, so that no route can be open by oversight.
 */
export type Access =
  | 'everybody'
  | { readonly action: Action; readonly object?: ObjectKind | undefined };

/** Whose an object is; null: the operator's. Undefined where no such object is. */
export type OwnerOf = (id: string) => Promise<{ readonly ownerId: string | null } | undefined>;

/** How to find out whose each kind of object is. */
export type Owners = Readonly<Record<ObjectKind, OwnerOf>>;

/** One call, as far as access is concerned. */
export interface AccessQuestion {
  readonly access: Access;
  /** What is to be done, as in "Cannot … stream". */
  readonly verb: string;
  readonly principal: Principal;
  /** The `id` in the path. */
  readonly id: string | undefined;
  /** Why an anonymous caller is not known, when there is more to say than that. */
  readonly stranger: Refusal | undefined;
}

/** The refusal of an object that is not there, or not there for whoever asks. */
export const NOT_FOUND: Readonly<Record<ObjectKind, ErrorCode>> = {
  stream: 'stream_not_found',
  webhook: 'webhook_not_found',
};
/** What no id of an object contains; the database is not asked about it. */
const ID = /^[A-Za-z0-9._-]{1,100}$/;
/** Characters of an unknown id that an answer repeats. */
const MAX_SHOWN_ID = 100;

/** Why the call is refused; undefined when it may go on. */
export async function refuseAccess(
  owners: Owners,
  question: AccessQuestion,
): Promise<Refusal | undefined> {
  const { access, principal, id = '' } = question;
  if (access === 'everybody') return undefined;
  const { action, object } = access;
  const atAll = mayDo(principal, action);
  if (atAll !== 'allowed' || object === undefined) return refusalOf(atAll, question);
  const found = ID.test(id) ? await owners[object](id) : undefined;
  if (found === undefined) return unknownObject(object, question.verb, id);
  return refusalOf(mayDo(principal, action, found.ownerId ?? ''), question);
}

/** The refusal of an object that is not there. */
export function unknownObject(object: ObjectKind, verb: string, id: string): Refusal {
  const shown = JSON.stringify(id.slice(0, MAX_SHOWN_ID));
  return { refused: NOT_FOUND[object], detail: `Cannot ${verb} ${shown}: it is unknown` };
}

function refusalOf(verdict: Verdict, question: AccessQuestion): Refusal | undefined {
  const { access, verb, stranger, id = '' } = question;
  switch (verdict) {
    case 'allowed':
      return undefined;
    case 'unauthorized': {
      const detail = `Cannot ${verb}: sign in, or send the header "Authorization: Bearer …"`;
      return stranger ?? { refused: 'unauthorized', detail };
    }
    case 'hidden':
      if (access !== 'everybody' && access.object !== undefined) {
        return unknownObject(access.object, verb, id);
      }
      return { refused: 'not_found', detail: `Cannot ${verb}: nothing is there` };
    case 'forbidden': {
      const why = access === 'everybody' ? '' : whyForbidden(question.principal, access.action);
      return { refused: 'forbidden', detail: `Cannot ${verb}: ${why}` };
    }
  }
}
