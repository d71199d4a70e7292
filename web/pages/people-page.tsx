import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import {
  type ApiRoutes,
  type CreatedInvitationView,
  ROLES,
  type Role,
  type UserView,
} from '../../contract/index.ts';
import {
  ask,
  ConfirmButton,
  dayOf,
  Form,
  Frame,
  me,
  Once,
  signInAddress,
  typed,
} from '../base/index.ts';
import { useList } from './account-page.tsx';

/** What an administrator may change about somebody. */
type UserChanges = ApiRoutes['PATCH /api/users/{id}']['request']['body'];

type Link = Pick<CreatedInvitationView, 'url' | 'hint'>;

/** A form that is emptied shows its first choice, which must not be the most powerful one. */
const LEAST_FIRST = ROLES.toReversed();

/** Who has an account, and links for those who shall have one. For administrators. */
export function PeoplePage(): VNode {
  const role = me.value?.user?.role;
  return (
    <Frame title="People">
      <div class="desk">
        <h1>People</h1>
        {me.value === null ? null : role === 'admin' ? (
          <>
            <Users />
            <Invitations />
          </>
        ) : (
          <p>
            Only an administrator sees them. <a href={signInAddress(location.pathname)}>Sign in</a>{' '}
            as one.
          </p>
        )}
      </div>
    </Frame>
  );
}

function Users(): VNode {
  const [users, setUsers] = useState<readonly UserView[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [failed, setFailed] = useState<string>();
  const [notice, setNotice] = useState<string | null>(null);
  const [link, setLink] = useState<Link & { readonly name: string }>();
  const more = async (cursor: string | null): Promise<void> => {
    const answer = await ask('GET /api/users', { query: { cursor: cursor ?? undefined } });
    setFailed(answer.failed);
    if (answer.failed !== undefined) return;
    const { data, next_cursor } = answer.value;
    setUsers((known) => (cursor === null ? data : [...known, ...data]));
    setNext(next_cursor);
  };
  useEffect(() => void more(null), []);
  const change = async (id: string, body: UserChanges): Promise<void> => {
    const answer = await ask('PATCH /api/users/{id}', { params: { id }, body });
    setFailed(answer.failed);
    setNotice(answer.failed === undefined ? answer.value.notice : null);
    // Also after a refusal: the page shows what is, not what was asked for.
    setUsers((known) =>
      known.map((each) => {
        if (each.id !== id) return each;
        return answer.failed === undefined ? answer.value : { ...each };
      }),
    );
  };
  const reset = async (id: string): Promise<void> => {
    const answer = await ask('POST /api/users/{id}/password-link', { params: { id } });
    setFailed(answer.failed);
    const { name = '' } = users.find((each) => each.id === id) ?? {};
    if (answer.failed === undefined) setLink({ ...answer.value, name });
  };
  return (
    <section aria-labelledby="users">
      <h2 id="users">Accounts</h2>
      <ul class="rows">
        {users.map((user) => (
          <UserRow key={user.id} user={user} change={change} reset={reset} />
        ))}
      </ul>
      {next === null ? null : (
        <button class="button quiet-button" type="button" onClick={() => void more(next)}>
          More
        </button>
      )}
      <p class="failure" role="alert">
        {failed}
      </p>
      <p class="hint caution" role="status">
        {notice === null ? '' : `${notice}.`}
      </p>
      {link === undefined ? null : (
        <OnceLink label={`A link for a new password for ${link.name}.`} link={link} />
      )}
    </section>
  );
}

function UserRow({
  user,
  change,
  reset,
}: {
  readonly user: UserView;
  readonly change: (id: string, body: UserChanges) => Promise<void>;
  readonly reset: (id: string) => Promise<void>;
}): VNode {
  const isDisabled = user.disabledAt !== null;
  return (
    <li>
      <span class="row-text">
        <bdi>
          <strong>{user.displayName}</strong>
        </bdi>
        <span class="hint">
          {user.name === user.displayName ? '' : `${user.name}, `}since {dayOf(user.createdAt)}
          {isDisabled ? ', disabled' : ''}
        </span>
      </span>
      <RoleChoice
        label={`Role of ${user.name}`}
        value={user.role}
        onChange={(role) => void change(user.id, { role })}
      />
      {isDisabled ? (
        <button
          class="button quiet-button"
          type="button"
          aria-label={`Enable ${user.name}`}
          onClick={() => void change(user.id, { disabled: false })}
        >
          Enable
        </button>
      ) : (
        <ConfirmButton
          label="Disable"
          spoken={`Disable ${user.name}`}
          question={`${user.name} is signed out, and their tokens are void for good.`}
          confirmation="Disable account"
          act={() => change(user.id, { disabled: true })}
        />
      )}
      {isDisabled ? null : (
        <button
          class="button quiet-button"
          type="button"
          aria-label={`New password for ${user.name}`}
          onClick={() => void reset(user.id)}
        >
          New password
        </button>
      )}
    </li>
  );
}

function Invitations(): VNode {
  const [open, reload] = useList('GET /api/invitations');
  const [link, setLink] = useState<Link>();
  const [failed, setFailed] = useState<string>();
  const invite = async (fields: FormData): Promise<string | undefined> => {
    const role = ROLES.find((each) => each === typed(fields, 'role')) ?? 'viewer';
    const answer = await ask('POST /api/invitations', { body: { role } });
    if (answer.failed !== undefined) return answer.failed;
    setLink(answer.value);
    await reload();
    return undefined;
  };
  const withdraw = async (id: string): Promise<void> => {
    const answer = await ask('DELETE /api/invitations/{id}', { params: { id } });
    setFailed(answer.failed);
    await reload();
  };
  return (
    <section aria-labelledby="invitations">
      <h2 id="invitations">Invite somebody</h2>
      <p class="lead">Give them the link yourself. It works once, for seven days.</p>
      <Form action="Make link" send={invite}>
        <RoleChoice label="Role" value="broadcaster" isShown />
      </Form>
      {link === undefined ? null : <OnceLink label="Your link." link={link} />}
      {open.length === 0 ? null : <h3>Not used yet</h3>}
      <ul class="rows">
        {open.map((each) => (
          <li key={each.id}>
            <span class="row-text">
              <strong>{each.name === null ? each.role : `New password for ${each.name}`}</strong>
              <span class="hint">until {dayOf(each.expiresAt)}</span>
            </span>
            <button
              class="button quiet-button"
              type="button"
              onClick={() => void withdraw(each.id)}
            >
              Withdraw
            </button>
          </li>
        ))}
      </ul>
      <p class="failure" role="alert">
        {failed}
      </p>
    </section>
  );
}

/** A link that is shown once, and whether it will work for whoever gets it. */
function OnceLink({ label, link }: { readonly label: string; readonly link: Link }): VNode {
  return (
    <>
      <Once label={label} text={link.url} />
      {link.hint === null ? null : <p class="hint caution">{link.hint}.</p>}
    </>
  );
}

function RoleChoice({
  label,
  value,
  isShown,
  onChange,
}: {
  readonly label: string;
  readonly value: Role;
  /** Whether the label can be seen, not only heard. */
  readonly isShown?: boolean;
  readonly onChange?: (role: Role) => void;
}): VNode {
  const changed = (text: string): void => {
    const role = ROLES.find((each) => each === text);
    if (role !== undefined) onChange?.(role);
  };
  return (
    <label class={isShown ? 'field' : 'choice'}>
      <span class={isShown ? '' : 'unseen'}>{label}</span>
      <select name="role" value={value} onChange={(event) => changed(event.currentTarget.value)}>
        {LEAST_FIRST.map((role) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
      </select>
    </label>
  );
}
