import type { Refusal, Role } from '../../contract/index.ts';
import type { Queryable } from '../store/sql/index.ts';

/** As in the database's own question, `owner_barred` of the keys. */
const BROADCASTING: readonly Role[] = ['admin', 'broadcaster'];

interface OwnerRow {
  readonly name: string;
  readonly role: Role;
  readonly is_disabled: boolean;
}

/**
 * Refuses `verb`, such as "create stream", where the owner has an account with which nobody
 * broadcasts: no encoder would ever be let in. Who has no account is an operator's own name for
 * somebody. The account stays as it is until the transaction ends.
 */
export async function refuseBarredOwner(
  transaction: Queryable,
  verb: string,
  broadcasterId: string,
): Promise<Refusal | undefined> {
  const [owner] = await transaction.query<OwnerRow>(
    `select name, role, disabled_at is not null as is_disabled from users where id = $1 for share`,
    [broadcasterId],
  );
  if (owner === undefined) return undefined;
  const { name, role, is_disabled: isDisabled } = owner;
  if (!isDisabled && BROADCASTING.includes(role)) return undefined;
  const detail = isDisabled
    ? `Cannot ${verb}: the account of its owner, ${name}, is disabled; an administrator has to enable it first`
    : `Cannot ${verb}: its owner, ${name}, has the role ${role}; an administrator has to make them a broadcaster first`;
  return { refused: 'owner_may_not_broadcast', detail };
}
